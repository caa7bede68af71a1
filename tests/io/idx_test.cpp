#include "io/corruption.hpp"
#include "io/manifest.hpp"
#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/io/file.hpp>
#include <eigengrad/io/idx.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/view.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace eg = eigengrad;

namespace {

const std::string folder_of_reference = EIGENGRAD_TEST_DATA_DIR "/idx/";

/// load_idx on bytes in memory called t.
template <class T = float>
eg::Tensor<T> parse(const std::string& text) {
  return eg::detail::parse_idx<T>(std::as_bytes(std::span(text)), "t");
}

/// What follows "load_idx: FILE: " in the message for a reference file.
std::string message_of(const std::string& name) {
  const std::string path = folder_of_reference + name;
  try {
    static_cast<void>(eg::load_idx<float>(path));
  } catch (const eg::FileError& error) {
    return std::string(error.what()).substr(("load_idx: " + path + ": ").size());
  }
  return "accepted";
}

}  // namespace

TEST_CASE("idx: every valid reference file, plain and gzipped", "[io][zlib]") {
  const auto files = manifest("idx", "ok");
  CHECK(files.size() == 12);
  for (const auto& fields : files) {
    INFO(fields[0]);
    const std::string path = folder_of_reference + fields[0];
    if (fields[0] == "large.idx.gz") {
      CHECK(eg::equal(eg::load_idx<float>(path), eg::zeros<float>({50, 2000})));
      continue;
    }
    check_values(fields[3], fields[2].find("int") != std::string::npos,
                 [&path]<class T>(T /*type*/) { return eg::load_idx<T>(path); });
  }
}

TEST_CASE("idx: every malformed reference file is refused with its name", "[io][zlib]") {
  const auto files = manifest("idx", "error");
  CHECK(files.size() >= 28);
  for (const auto& fields : files) {
    const std::string path = folder_of_reference + fields[0];
    INFO(fields[0] << ": " << fields[2]);
    try {
      static_cast<void>(eg::load_idx<float>(path));
      FAIL_CHECK("accepted");
    } catch (const eg::FileError& error) {
      CHECK(error.file() == path);
      CHECK(error.offset() >= 0);
      CHECK(std::string(error.what()).find("load_idx: " + path + ": ") == 0);
    }
  }
}

TEST_CASE("idx: refusals say what is wrong", "[io][zlib]") {
  CHECK(message_of("truncated_3.idx") == "truncated at byte 0: expected 4 bytes of magic, found 3");
  CHECK(message_of("truncated_7.idx") ==
        "truncated at byte 4: expected 4 bytes of extents, found 3");
  CHECK(message_of("truncated_10.idx") ==
        "truncated at byte 8: expected 3 bytes of uint8 data, found 2");
  CHECK(message_of("trailing.idx") == "trailing bytes at byte 11: uint8 data of (3,) ends there");
  CHECK(message_of("magic.idx") == "no IDX magic at byte 0: expected two zero bytes");
  CHECK(message_of("type_10.idx") == "bad type at byte 2: 10, expected 8, 9, 11, 12, 13 or 14");
  CHECK(message_of("axes_7.idx") == "bad number of axes at byte 3: 7, at most 6");
  CHECK(message_of("product_wraps.idx") ==
        "bad extents at byte 4: the number of bytes overflows: (2147483648, 2147483648, 4)");
  CHECK(message_of("gzip_short.idx.gz") ==
        "truncated at byte 8: expected 3 bytes of data, found 2");
  CHECK(message_of("gzip_trailing.idx.gz") ==
        "trailing bytes at byte 11: uint8 data of (3,) ends there");
  CHECK(message_of("gzip_checksum.idx.gz").find("incorrect data check") != std::string::npos);
  CHECK(message_of("gzip_length.idx.gz").find("incorrect length check") != std::string::npos);
  CHECK(message_of("gzip_junk.idx.gz").find("incorrect header check") != std::string::npos);
  CHECK(message_of("gzip_truncated_12.idx.gz") ==
        "truncated at byte 12: the compressed data has no end");
  CHECK(message_of("gzip_impossible.idx.gz") ==
        "bad extents at byte 4: 28 deflated bytes cannot stand for 2147483647");
  const std::string large = folder_of_reference + "large.idx.gz";
  CHECK_THROWS_TEXT(eg::load_idx<float>(large, {.max_inflated_bytes = 399999}), eg::FileError,
                    "load_idx: " + large +
                        ": bad extents at byte 4: 400000 bytes when inflated, at most 399999 are "
                        "allowed: see IdxOptions::max_inflated_bytes");
}

TEST_CASE("idx: every prefix is refused, every changed byte is refused or valid", "[io][zlib]") {
  for (const std::string name : {"cube.idx", "cube.idx.gz", "two_members.idx.gz"}) {
    INFO(name);
    const std::string good = eg::read_file(folder_of_reference + name);
    const auto read = [](const std::string& text) { static_cast<void>(parse(text)); };
    CHECK(check_prefixes("t", good, read).refused == static_cast<int>(good.size()));
    const Refusals flips = check_flips("t", good, read);
    CHECK(flips.refused > flips.calls * 3 / 10);
  }
}

TEMPLATE_TEST_CASE("idx: what is saved is loaded again", "[io][zlib]", float, double, std::int32_t,
                   std::uint8_t, bool) {
  const ScratchFolder folder;
  for (const std::string name : {"x.idx", "x.idx.gz"}) {
    const std::string path = folder / name;
    for (const eg::Shape& shape :
         {eg::Shape{}, eg::Shape{0, 3}, eg::Shape{5}, eg::Shape{30011, 3}}) {
      eg::Tensor<TestType> x = eg::zeros<TestType>(shape);
      for (eg::Index i = 0; i < x.size(); ++i) {
        x.mutable_data()[i] = static_cast<TestType>(i % 2 == 0 ? i : -i);
      }
      eg::save_idx(path, x);
      CHECK(eg::equal(eg::load_idx<TestType>(path), x));
    }
  }
  CHECK(eg::read_file(folder / "x.idx").size() > eg::read_file(folder / "x.idx.gz").size());
}

TEST_CASE("idx: the bytes are the reference's, a view is saved in its own order", "[io][zlib]") {
  const ScratchFolder folder;
  const std::string path = folder / "x.idx";
  eg::save_idx(path, eg::load_idx<std::uint8_t>(folder_of_reference + "cube.idx"));
  CHECK(eg::read_file(path) == eg::read_file(folder_of_reference + "cube.idx"));
  eg::save_idx(path, eg::load_idx<double>(folder_of_reference + "float64.idx"));
  CHECK(eg::read_file(path) == eg::read_file(folder_of_reference + "float64.idx"));
  const auto x = eg::tensor<float>({{1, 2, 3}, {4, 5, 6}});
  eg::save_idx(path, eg::detail::permuted(x, {1, 0}));
  CHECK(eg::equal(eg::load_idx<float>(path), eg::tensor<float>({{1, 4}, {2, 5}, {3, 6}})));
}

TEST_CASE("idx: an extent that the format cannot hold is refused", "[io][zlib]") {
  const ScratchFolder folder;
  const std::uint8_t one[] = {0};
  const auto wide = eg::view_of(one, {eg::Index{1} << 32}, {0});
  CHECK_THROWS_TEXT(eg::save_idx(folder / "x", wide), eg::ShapeError,
                    "save_idx: an extent is past 2^32 - 1: (4294967296,)");
  CHECK(folder.files().empty());
}
