#include "io/corruption.hpp"
#include "io/manifest.hpp"
#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/io/file.hpp>
#include <eigengrad/io/npz.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/random.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eg = eigengrad;
using eg::Index;

namespace {

const std::string folder_of_reference = EIGENGRAD_TEST_DATA_DIR "/npz/";

/// load_npz on bytes in memory called t.
template <class T = double>
eg::NamedTensors<T> parse(const std::string& text, const eg::NpzOptions& options = {}) {
  return eg::detail::parse_npz<T>(std::as_bytes(std::span(text)), "t", options);
}

/// What follows "load_npz: FILE: " in the message for a reference file.
std::string message_of(const std::string& name) {
  const std::string path = folder_of_reference + name + ".npz";
  try {
    static_cast<void>(eg::load_npz<double>(path));
  } catch (const eg::FileError& error) {
    const std::string start = "load_npz: " + path + ": ";
    const std::string message = error.what();
    CHECK(message.substr(0, start.size()) == start);
    return message.substr(start.size());
  }
  return "accepted";
}

}  // namespace

TEST_CASE("npz: every valid reference file gives NumPy's values", "[io][zlib]") {
  const auto lines = manifest("npz", "ok");
  std::map<std::string, std::vector<std::string>> names;
  for (const auto& fields : lines) {
    INFO(fields[0] << " " << fields[2]);
    const eg::NpzFile file(folder_of_reference + fields[0]);
    REQUIRE(file.contains(fields[2]));
    check_values(fields[4], fields[3].find("int") != std::string::npos,
                 [&]<class T>(T /*type*/) { return file.load<T>(fields[2]); });
    CHECK(file.info(fields[2]).shape == file.load<float>(fields[2]).shape());
    names[fields[0]].push_back(fields[2]);
  }
  CHECK(names.size() >= 16);
  for (const auto& [file, expected] : names) {
    INFO(file);
    CHECK(eg::NpzFile(folder_of_reference + file).names() == expected);
    CHECK(eg::load_npz<float>(folder_of_reference + file).size() == expected.size());
  }
  CHECK(eg::load_npz<float>(folder_of_reference + "empty_archive.npz").empty());
}

TEST_CASE("npz: every malformed reference file is refused with its name", "[io][zlib]") {
  const auto files = manifest("npz", "error");
  CHECK(files.size() >= 55);
  for (const auto& fields : files) {
    const std::string path = folder_of_reference + fields[0];
    INFO(fields[0] << ": " << fields[2]);
    try {
      static_cast<void>(eg::load_npz<float>(path));
      FAIL_CHECK("accepted");
    } catch (const eg::FileError& error) {
      CHECK(error.file() == path);
      CHECK(error.offset() >= 0);
      CHECK(std::string(error.what()).find("load_npz: " + path + ": ") == 0);
    }
  }
}

TEST_CASE("npz: refusals of the archive", "[io][zlib]") {
  CHECK(message_of("truncated_0") ==
        "truncated at byte 0: expected at least 22 bytes of a zip archive, found 0");
  const std::string no_end =
      "no zip archive ends here; it is truncated, has bytes after it, or a "
      "comment";
  CHECK(message_of("truncated_100") == "bad end record at byte 78: " + no_end);
  CHECK(message_of("trailing_byte") == "bad end record at byte 239: " + no_end);
  CHECK(message_of("prefix") ==
        "bad end record at byte 248: the directory has 51 bytes from byte "
        "187, it should end at byte 248");
  CHECK(message_of("prefix_with_offsets") ==
        "bad member at byte 4: member 'x.npy': begins at byte 4, it should at byte 0");
  CHECK(message_of("gap") ==
        "bad member at byte 187: bytes of no member before the directory at byte 191");
  CHECK(message_of("name_twice") == "bad directory at byte 374: two members are named 'x.npy'");
  CHECK(message_of("name_nul") ==
        "bad directory at byte 188: a member's name is empty or has a NUL");
  CHECK(message_of("not_npy") == "bad member at byte 187: member 'readme.txt' is not a .npy file");
  CHECK(message_of("encrypted") == "bad directory at byte 187: member 'x.npy': it is encrypted");
  CHECK(message_of("patch_flag") == "bad directory at byte 187: member 'x.npy': unknown flags");
  CHECK(message_of("method_unknown") ==
        "bad directory at byte 187: member 'x.npy': compression method 99, expected 0 or 8");
  CHECK(message_of("method_bzip2") ==
        "bad directory at byte 160: member 'x.npy': compression method 12, expected 0 or 8");
  CHECK(message_of("crc_local") ==
        "bad member at byte 0: member 'x.npy': its header contradicts the directory");
  CHECK(message_of("stored_sizes_differ") ==
        "bad directory at byte 187: member 'x.npy': stored, but 152 bytes stand for 153");
  CHECK(message_of("size_past_end") ==
        "bad member at byte 35: member 'x.npy': its 1000000 bytes go past byte 187");
  CHECK(message_of("offset_past_end") ==
        "bad member at byte 1000000: member 'x.npy': begins at byte 1000000, it should at byte 0");
  CHECK(message_of("count_too_large") ==
        "bad end record at byte 238: 2 members do not fit a directory of 51 bytes");
  CHECK(message_of("count_too_small") == "bad directory at byte 187: bytes after the last member");
  CHECK(message_of("extra_cut") == "bad extra field at byte 187: member 'x.npy': it is cut off");
  CHECK(message_of("zip64_missing_number") ==
        "bad extra field at byte 187: member 'x.npy': zip64's is too short");
  CHECK(message_of("zip64_huge") ==
        "bad directory at byte 187: 18446744073709551615 is past 2^63 - 1");
  CHECK(message_of("zip64_locator_missing") ==
        "bad zip64 locator at byte 218: its mark is missing");
  CHECK(message_of("zip64_locator_wrong") ==
        "bad zip64 locator at byte 294: the zip64 record is said to be at byte 239, it should be "
        "at byte 238");
  CHECK(message_of("zip64_contradiction") ==
        "bad zip64 end record at byte 238: it contradicts the end record");
  CHECK(message_of("zip64_count_huge") ==
        "bad end record at byte 314: 1152921504606846976 members do not fit a directory of 51 "
        "bytes");
  CHECK(message_of("descriptor_missing") ==
        "bad descriptor at byte 187: member 'x.npy': it has 0 bytes");
  CHECK(message_of("descriptor_wrong") ==
        "bad descriptor at byte 187: member 'x.npy': it contradicts the directory");
  CHECK(message_of("overlap") ==
        "bad member at byte 35: member 'x.npy': its 152 bytes go past byte 0");
}

TEST_CASE("npz: refusals of a member", "[io][zlib]") {
  const std::string start = "bad member at byte 35: member 'x.npy': ";
  CHECK(message_of("crc_wrong") == start + "its checksum is wrong: the data is corrupt");
  CHECK(message_of("crc_wrong_deflated") == start + "its checksum is wrong: the data is corrupt");
  CHECK(message_of("size_larger") == start + "inflated to 152 bytes instead of 153");
  CHECK(message_of("size_impossible") == start + "80 deflated bytes cannot stand for 1000000000");
  CHECK(message_of("deflated_junk_after") == start + "bytes after the end of the compressed data");
  CHECK(message_of("deflated_corrupt") == "corrupt compressed data at byte 36: invalid block type");
  CHECK(message_of("deflated_cut") == "truncated at byte 112: the compressed data has no end");
  CHECK(message_of("npy_truncated") ==
        "member 'x.npy': truncated at byte 128: expected 24 bytes of float64 data, found 23");
  CHECK(message_of("npy_pickle")
            .find("member 'x.npy': bad descr at byte 20: '|O' holds pickled "
                  "Python objects") == 0);
  const eg::NpzFile file(folder_of_reference + "savez.npz");
  CHECK_THROWS_TEXT(file.load<float>("z"), eg::FileError,
                    "load_npz: " + folder_of_reference +
                        "savez.npz: no tensor is named 'z': there are 'x', 'y', 'flag'");
}

TEST_CASE("npz: an array that inflates past the limit is refused before memory is asked for",
          "[io][zlib]") {
  const ScratchFolder folder;
  const std::string path = folder / "x.npz";
  eg::save_npz(path, {{"x", eg::zeros<double>({1000, 1000})}}, eg::NpzCompression::deflate);
  CHECK(eg::read_file(path).size() < 10000);
  CHECK(eg::load_npz<float>(path)[0].second.size() == 1000000);
  CHECK_THROWS_TEXT(eg::load_npz<double>(path, {.max_inflated_bytes = 8000000}), eg::FileError,
                    "load_npz: " + path +
                        ": bad member at byte 55: member 'x.npy': 8000128 bytes when inflated, at "
                        "most 8000000 are allowed: see NpzOptions::max_inflated_bytes");
  // What is stored is limited by the file itself.
  eg::save_npz(path, {{"x", eg::zeros<double>({1000})}});
  CHECK(eg::load_npz<double>(path, {.max_inflated_bytes = 0})[0].second.size() == 1000);
}

TEST_CASE("npz: every prefix is refused, every changed byte is refused or valid", "[io][zlib]") {
  for (const std::string name : {"savez", "descriptor_deflated", "end_zip64", "member_zip64"}) {
    INFO(name);
    const std::string good = eg::read_file(folder_of_reference + name + ".npz");
    const auto read = [](const std::string& text) { static_cast<void>(parse<float>(text)); };
    CHECK(check_prefixes("t", good, read).refused == static_cast<int>(good.size()));
    const Refusals flips = check_flips("t", good, read);
    // Times, versions and attributes may change; nothing that the checksums cover.
    CHECK(flips.refused > flips.calls * 8 / 10);
  }
}

TEST_CASE("npz: save_npz writes NumPy's bytes", "[io][zlib]") {
  const ScratchFolder folder;
  const std::string path = folder / "x.npz";
  const eg::NpzFile savez(folder_of_reference + "savez.npz");
  eg::save_npz(path, {{"x", savez.load<double>("x")},
                      {"y", savez.load<std::int64_t>("y")},
                      {"flag", savez.load<bool>("flag")}});
  CHECK(eg::read_file(path) == eg::read_file(folder_of_reference + "savez.npz"));
  const eg::NpzFile named(folder_of_reference + "name_unicode.npz");
  eg::save_npz(path, {{named.names()[0], named.load<double>(named.names()[0])}});
  CHECK(eg::read_file(path) == eg::read_file(folder_of_reference + "name_unicode.npz"));
  eg::save_npz(path, {});
  CHECK(eg::read_file(path) == eg::read_file(folder_of_reference + "empty_archive.npz"));
}

TEST_CASE("npz: what is saved is loaded again, stored and deflated", "[io][zlib]") {
  const ScratchFolder folder;
  const std::string path = folder / "x.npz";
  const auto noise = eg::uniform<float>({300, 700}, -1.0F, 1.0F, eg::RandomKey::named(3, "noise"));
  const auto counted = eg::arange<std::int32_t>(100000);
  const auto bytes = eg::tensor<std::uint8_t>({0, 128, 255});
  const auto strided = eg::detail::make_view(counted, {3, 2}, {1, 3}, 0);
  for (const auto compression : {eg::NpzCompression::none, eg::NpzCompression::deflate}) {
    eg::save_npz(path, {{"noise", noise}, {"a/b", counted}, {"bytes", bytes}, {"strided", strided}},
                 compression);
    const eg::NpzFile file(path);
    CHECK(file.names() == std::vector<std::string>{"noise", "a/b", "bytes", "strided"});
    CHECK(eg::equal(file.load<float>("noise"), noise));
    CHECK(eg::equal(file.load<std::int32_t>("a/b"), counted));
    CHECK(eg::equal(file.load<std::uint8_t>("bytes"), bytes));
    CHECK(eg::equal(file.load<std::int32_t>("strided"),
                    eg::tensor<std::int32_t>({{0, 3}, {1, 4}, {2, 5}})));
    CHECK(folder.files() == std::vector<std::string>{"x.npz"});
  }
}

TEST_CASE("npz: sizes and places past 32 bits go into zip64 fields", "[io][zlib]") {
  const ScratchFolder folder;
  const std::string path = folder / "x.npz";
  const std::string array = eg::detail::format_npy_header("<f8", {2}) + std::string(16, '\0');
  eg::detail::AtomicFile file("save_npz", path);
  eg::detail::ZipWriter zip(file, false, 100);  // 100 bytes stand for 2 GiB
  for (const std::string name : {"x.npy", "y.npy"}) {
    zip.begin_member(name);
    zip.add(array.data(), static_cast<Index>(array.size()));
    zip.end_member();
  }
  zip.finish();
  file.commit();
  const std::string text = eg::read_file(path);
  CHECK(text.find("PK\x06\x06") != std::string::npos);
  CHECK(eg::NpzFile(path).names() == std::vector<std::string>{"x", "y"});
  CHECK(eg::equal(eg::NpzFile(path).load<double>("y"), eg::zeros<double>({2})));
}

TEST_CASE("npz: refusals of what is to be saved", "[io][zlib]") {
  const ScratchFolder folder;
  const std::string path = folder / "x.npz";
  const auto x = eg::zeros<float>({2});
  CHECK_THROWS_TEXT(eg::save_npz(path, {{"x", x}, {"y", x}, {"x", x}}), eg::ValueError,
                    "save_npz: two arrays are named 'x'");
  CHECK_THROWS_TEXT(eg::save_npz(path, {{"", x}}), eg::ValueError,
                    "save_npz: an array's name is empty, has a NUL or more than 65531 bytes: ''");
  CHECK_THROWS_AS(eg::save_npz(path, {{std::string("a\0b", 3), x}}), eg::ValueError);
  CHECK_THROWS_AS(eg::save_npz(path, {{std::string(65532, 'a'), x}}), eg::ValueError);
  CHECK(folder.files().empty());
  eg::save_npz(path, {{std::string(65531, 'a'), x}});
  CHECK(eg::load_npz<float>(path)[0].first.size() == 65531);
}
