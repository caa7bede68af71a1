#include "io/corruption.hpp"
#include "io/manifest.hpp"
#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/io/file.hpp>
#include <eigengrad/io/safetensors.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::Index;

namespace {

const std::string folder_of_reference = EIGENGRAD_TEST_DATA_DIR "/safetensors/";

/// A file from a header as it stands: neither padded nor checked.
std::string raw(const std::string& header, const std::string& data = {}) {
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) {
    text += static_cast<char>(header.size() >> (8 * i) & 255U);
  }
  return text + header + data;
}

/// load_safetensors on bytes in memory called t.
template <class T = double>
eg::NamedTensors<T> parse(const std::string& text) {
  return eg::detail::parse_safetensors<T>(std::as_bytes(std::span(text)), "t");
}

/// What follows "load_safetensors: t: " in the message.
std::string message_of(const std::string& text) {
  try {
    static_cast<void>(parse(text));
  } catch (const eg::FileError& error) {
    const std::string start = "load_safetensors: t: ";
    const std::string message = error.what();
    CHECK(message.substr(0, start.size()) == start);
    return message.substr(start.size());
  }
  return "accepted";
}

/// The same for a file with one tensor "x" of eight bytes.
std::string refusal_of(const std::string& dtype, const std::string& shape,
                       const std::string& offsets) {
  return message_of(raw(
      R"({"x":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}",
      std::string(8, '\0')));
}

}  // namespace

TEST_CASE("safetensors: every valid reference file gives Python's values", "[io][json]") {
  const auto lines = manifest("safetensors", "ok");
  std::map<std::string, Index> tensors;
  for (const auto& fields : lines) {
    INFO(fields[0] << " " << fields[2]);
    const std::string name = fields[2] == "x\\n" ? "x\n" : fields[2];
    const eg::SafetensorsFile file(folder_of_reference + fields[0]);
    REQUIRE(file.contains(name));
    CHECK(file.info(name).dtype == fields[3]);
    check_values(fields[4], fields[3][0] == 'I' || fields[3][0] == 'U',
                 [&]<class T>(T /*type*/) { return file.load<T>(name); });
    ++tensors[fields[0]];
    CHECK(eg::load_safetensors<float>(file.path()).size() == file.tensors().size());
  }
  CHECK(tensors.size() >= 18);
  for (const auto& [file, count] : tensors) {
    CHECK(static_cast<Index>(eg::SafetensorsFile(folder_of_reference + file).tensors().size()) ==
          count);
  }
  CHECK(eg::load_safetensors<float>(folder_of_reference + "no_tensors.safetensors").empty());
}

TEST_CASE("safetensors: every malformed reference file is refused with its name", "[io][json]") {
  const auto files = manifest("safetensors", "error");
  CHECK(files.size() >= 65);
  for (const auto& fields : files) {
    const std::string path = folder_of_reference + fields[0];
    INFO(fields[0] << ": " << fields[2]);
    try {
      static_cast<void>(eg::load_safetensors<float>(path));
      FAIL_CHECK("accepted");
    } catch (const eg::FileError& error) {
      CHECK(error.file() == path);
      CHECK(error.offset() >= 0);
      CHECK(std::string(error.what()).find("load_safetensors: " + path + ": ") == 0);
    }
  }
}

TEST_CASE("safetensors: refusals of what stands around the header", "[io][json]") {
  const std::string entry = R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  const std::string good = raw(entry, "12345678");
  CHECK(message_of(good) == "accepted");
  CHECK(message_of("") == "truncated at byte 0: expected 8 bytes of header length, found 0");
  CHECK(message_of(good.substr(0, 7)) ==
        "truncated at byte 0: expected 8 bytes of header length, found 7");
  CHECK(message_of(good.substr(0, 20)) ==
        "truncated at byte 8: expected 54 bytes of header, found 12");
  CHECK(message_of(good.substr(0, 65)) ==
        "truncated at byte 62: expected 8 bytes of tensor 'x', found 3");
  CHECK(message_of(good + "9") == "trailing bytes at byte 70: expected 8 bytes of data, found 9");
  CHECK(message_of(std::string(8, '\xff')) ==
        "header too long at byte 0: 18446744073709551615 bytes, at most 100000000");
}

TEST_CASE("safetensors: refusals of what the header says", "[io][json]") {
  const auto header = [](const std::string& text) { return message_of(raw(text)); };
  CHECK(header("") == "bad header at byte 8: expected '{'");
  CHECK(header("\xef\xbb\xbf{}") == "bad header at byte 8: expected '{'");
  CHECK(header(std::string("{}\0", 3)) == "bad header at byte 10: a NUL byte");
  CHECK(header("{}}") == "bad header at byte 11: malformed JSON");
  CHECK(header("{'x'}") == "bad header at byte 10: malformed JSON");
  CHECK(header(R"({"x":1})") == "bad header at byte 15: 'x' is a number, not an object");
  CHECK(header(R"({"x":-1 })") == "bad header at byte 16: 'x' is a negative number, not an object");
  CHECK(header(R"({"x":null})") == "bad header at byte 17: 'x' is null, not an object");
  CHECK(header(R"({"x":true})") == "bad header at byte 17: 'x' is a boolean, not an object");
  CHECK(header(R"({"x":"y"})") == "bad header at byte 16: 'x' is a string, not an object");
  CHECK(header(R"({"x":[]})") == "bad header at byte 14: 'x' is an array, not an object");
  CHECK(header(R"({"x":{"size":2}})") == "bad header at byte 20: tensor 'x': unknown key 'size'");
  CHECK(header(R"({"x":{"shape":[],"shape":[]}})") ==
        "bad header at byte 32: tensor 'x': the key 'shape' appears twice");
  CHECK(header(R"({"x":{"dtype":"F32","shape":[]}})") ==
        "bad header at byte 39: tensor 'x': the key 'data_offsets' is missing");
  const std::string none = R"({"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  CHECK(header(R"({"x":)" + none + R"(,"x":)" + none + "}") ==
        "bad header at byte 114: tensor 'x': the name appears twice");
  CHECK(header(R"({"__metadata__":{},"__metadata__":{}})") ==
        "bad header at byte 41: the key '__metadata__' appears twice");
  CHECK(header(R"({"__metadata__":{"a":1}})") ==
        "bad __metadata__ at byte 31: the value of 'a' is a number, not a string");
  CHECK(header(R"({"__metadata__":{"a":{}}})") ==
        "bad __metadata__ at byte 30: the value of 'a' is an object, not a string");
  CHECK(header(R"({"__metadata__":{"a":"","a":""}})") ==
        "bad __metadata__ at byte 38: the key 'a' appears twice");

  CHECK(refusal_of("32", "[]", "[]") == "bad dtype at byte 25: tensor 'x': unexpected: a number");
  CHECK(refusal_of("\"F8_E4M3\"", "[]", "[]") ==
        "bad dtype at byte 31: tensor 'x': unknown dtype 'F8_E4M3'");
  CHECK(refusal_of("\"F32\"", "2", "[]") ==
        "bad shape at byte 38: tensor 'x': unexpected: a number");
  CHECK(refusal_of("\"F32\"", "{}", "[]") ==
        "bad shape at byte 37: tensor 'x': unexpected: an object");
  CHECK(refusal_of("\"F32\"", "[2.5]", "[]") ==
        "bad shape at byte 41: tensor 'x': unexpected: a number that is no integer below 2^64");
  CHECK(refusal_of("\"F32\"", "[9223372036854775808]", "[]") ==
        "bad shape at byte 57: tensor 'x': past 2^63 - 1");
  CHECK(refusal_of("\"F32\"", "[1,1,1,1,1,1,1]", "[]") ==
        "bad shape at byte 51: tensor 'x': more than 6 extents");
  CHECK(refusal_of("\"F32\"", "[]", "[0]") ==
        "bad data_offsets at byte 57: tensor 'x': fewer than two offsets");
  CHECK(refusal_of("\"F32\"", "[]", "[0,4,8]") ==
        "bad data_offsets at byte 61: tensor 'x': more than two offsets");
  CHECK(refusal_of("\"F32\"", "[4294967296,4294967296,0]", "[0,0]") ==
        "bad shape at byte 83: tensor 'x': the number of bytes overflows: F32 (4294967296, "
        "4294967296, 0)");
  CHECK(refusal_of("\"F32\"", "[2]", "[8,0]") ==
        "bad data_offsets at byte 61: tensor 'x': the end 0 is before the begin 8");
  CHECK(refusal_of("\"F32\"", "[3]", "[0,8]") ==
        "bad data_offsets at byte 61: tensor 'x': 8 bytes, F32 (3,) has 12");
  CHECK(refusal_of("\"F32\"", "[1]", "[4,8]") ==
        "bad data_offsets at byte 61: tensor 'x': begins at 4, the one before ends at 0");
  // The data is asked for before anything of its size is allocated.
  CHECK(refusal_of("\"U8\"", "[1099511627776]", "[0,1099511627776]") ==
        "truncated at byte 85: expected 1099511627776 bytes of tensor 'x', found 8");
}

TEST_CASE("safetensors: every prefix is refused, every changed byte is refused or valid",
          "[io][json]") {
  const std::string good = eg::read_file(folder_of_reference + "torch_sequential.safetensors");
  const auto read = [](const std::string& text) { static_cast<void>(parse<float>(text)); };
  CHECK(check_prefixes("t", good, read).refused == static_cast<int>(good.size()));
  const Refusals flips = check_flips("t", good, read);
  CHECK(flips.refused > 1000);
  CHECK(flips.refused < flips.calls);  // data may change
}

TEST_CASE("safetensors: metadata and a name that is not there", "[io][json]") {
  const eg::SafetensorsFile file(folder_of_reference + "metadata.safetensors");
  REQUIRE(file.metadata().size() == 1);
  CHECK(file.metadata().find("escaped")->second ==
        "a \"quote\", a \\, a\nline, a\ttab, \x01, \x7f, gr\xc3\xbc\xc3\x9f, \xe4\xbd\xa0");
  CHECK_FALSE(file.contains("x"));
  CHECK_THROWS_TEXT(
      file.load<float>("x"), eg::FileError,
      "load_safetensors: " + file.path() + ": no tensor is named 'x': there are 'b', 'w'");
  const eg::SafetensorsFile none(folder_of_reference + "no_tensors.safetensors");
  CHECK_THROWS_TEXT(
      none.load<float>("x"), eg::FileError,
      "load_safetensors: " + none.path() + ": no tensor is named 'x': there are none");
  const std::string missing = folder_of_reference + "missing";
  CHECK_THROWS_TEXT(eg::load_safetensors<float>(missing), eg::FileError,
                    "load_safetensors: " + missing + ": cannot open: No such file or directory");
}

TEST_CASE("safetensors: save_safetensors writes Python's bytes", "[io][json]") {
  const ScratchFolder folder;
  const std::string path = folder / "x.safetensors";
  for (const std::string name :
       {"int8", "int16", "int32", "uint8", "float16", "float32", "float64", "bfloat16", "bool",
        "no_tensors", "shapes", "metadata", "torch_sequential"}) {
    INFO(name);
    const eg::SafetensorsFile reference(folder_of_reference + name + ".safetensors");
    std::vector<eg::SafetensorsTensor> tensors;
    for (const eg::SafetensorsInfo& info : reference.tensors()) {
      tensors.emplace_back(info.name, reference.load<double>(info), info.dtype);
    }
    std::reverse(tensors.begin(), tensors.end());  // the order is the writer's own
    eg::save_safetensors(path, tensors, reference.metadata());
    CHECK(eg::read_file(path) == eg::read_file(reference.path()));
  }
  const auto integers =
      eg::load_safetensors<std::int64_t>(folder_of_reference + "int64.safetensors");
  eg::save_safetensors(path, {{"x", integers[0].second}});
  CHECK(eg::read_file(path) == eg::read_file(folder_of_reference + "int64.safetensors"));
}

TEMPLATE_TEST_CASE("safetensors: what is saved is loaded again", "[io][json]", float, double,
                   std::int64_t, std::int32_t, std::uint8_t, bool) {
  const ScratchFolder folder;
  const std::string path = folder / "x.safetensors";
  for (const eg::Shape& shape : {eg::Shape{}, eg::Shape{0}, eg::Shape{5}, eg::Shape{2, 3},
                                 eg::Shape{2, 0, 3}, eg::Shape{30011, 3}}) {
    eg::Tensor<TestType> x = eg::zeros<TestType>(shape);
    for (Index i = 0; i < x.size(); ++i) {
      x.mutable_data()[i] = static_cast<TestType>(i % 2 == 0 ? i : -i);
    }
    eg::save_safetensors(path, {{"x", x}, {"as double", x, "F64"}, {"more", eg::ones<float>({3})}});
    const eg::SafetensorsFile file(path);
    CHECK(eg::equal(file.load<TestType>("x"), x));
    CHECK(eg::equal(file.load<TestType>("as double"), x));
    CHECK(file.info("as double").begin % 8 == 0);
    CHECK(folder.files() == std::vector<std::string>{"x.safetensors"});
  }
}

TEST_CASE("safetensors: unsigned integers up to 2^64", "[io][json]") {
  const ScratchFolder folder;
  // The last one is the double below 2^64.
  const auto x = eg::tensor<double>({0, 77, 9223372036854775808.0, 18446744073709549568.0});
  eg::save_safetensors(folder / "x", {{"x", x, "U64"}});
  CHECK(eg::SafetensorsFile(folder / "x").info("x").dtype == "U64");
  CHECK(eg::equal(eg::load_safetensors<double>(folder / "x")[0].second, x));
}

TEST_CASE("safetensors: a strided view is saved in its own order", "[io][json]") {
  const ScratchFolder folder;
  const auto x = eg::tensor<double>({{1, 2, 3}, {4, 5, 6}});
  eg::save_safetensors(folder / "x", {{"x", eg::detail::make_view(x, {3, 2}, {1, 3}, 0)}});
  CHECK(eg::equal(eg::load_safetensors<double>(folder / "x")[0].second,
                  eg::tensor<double>({{1, 4}, {2, 5}, {3, 6}})));
}

TEST_CASE("safetensors: refusals of what is to be saved", "[io][json]") {
  const ScratchFolder folder;
  const std::string path = folder / "x";
  const auto x = eg::zeros<float>({2});
  CHECK_THROWS_TEXT(eg::save_safetensors(path, {{"x", x}, {"y", x}, {"x", x}}), eg::ValueError,
                    "save_safetensors: two tensors are named 'x'");
  CHECK_THROWS_TEXT(eg::save_safetensors(path, {{"__metadata__", x}}), eg::ValueError,
                    "save_safetensors: a tensor cannot be named '__metadata__'");
  CHECK_THROWS_TEXT(eg::save_safetensors(path, {{"x", x, "F8"}}), eg::ValueError,
                    "save_safetensors: unknown dtype 'F8' for 'x'");
  CHECK_THROWS_TEXT(eg::save_safetensors(path, {{"\xff", x}}), eg::ValueError,
                    "save_safetensors: not UTF-8: '\xff'");
  CHECK_THROWS_TEXT(eg::save_safetensors(path, {{"x", x}}, {{"key", "\xc3"}}), eg::ValueError,
                    "save_safetensors: not UTF-8: '\xc3'");
  CHECK_THROWS_TEXT(
      eg::save_safetensors(path, {{"x", x}}, {{"key", std::string(100'000'000, ' ')}}),
      eg::ValueError, "save_safetensors: the header has 100000080 bytes, at most 100000000");
  CHECK(folder.files().empty());
  CHECK_THROWS_TEXT(
      eg::save_safetensors(folder / "none/x", {{"x", x}}), eg::FileError,
      "save_safetensors: " + (folder / "none/x") + ": cannot create: No such file or directory");
}
