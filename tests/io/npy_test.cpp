#include "io/corruption.hpp"
#include "io/manifest.hpp"
#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/io/file.hpp>
#include <eigengrad/io/npy.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::Index;

namespace {

const std::string folder_of_reference = EIGENGRAD_TEST_DATA_DIR "/npy/";

/// A header and data as they stand, version 1.
std::string raw(const std::string& header, const std::string& data = {}) {
  std::string text("\x93NUMPY\x01\x00", 8);
  text += static_cast<char>(header.size() & 255);
  text += static_cast<char>(header.size() >> 8);
  return text + header + data;
}

/// load_npy on bytes in memory called t.npy.
template <class T = double>
eg::Tensor<T> parse(const std::string& text) {
  return eg::detail::parse_npy<T>(std::as_bytes(std::span(text)), "t.npy");
}

/// load_npy's message for a header whose shape, dtype or order is given as text.
std::string message_of(const std::string& text) {
  try {
    static_cast<void>(parse(text));
  } catch (const eg::FileError& error) {
    return error.what();
  }
  return "accepted";
}
std::string refusal_of(const std::string& descr, const std::string& order,
                       const std::string& shape) {
  return message_of(
      raw("{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + "}"));
}

}  // namespace

TEST_CASE("npy: every valid reference file gives NumPy's values", "[io][npy]") {
  const auto files = manifest("npy", "ok");
  CHECK(files.size() >= 35);
  for (const auto& fields : files) {
    INFO(fields[0]);
    const std::string path = folder_of_reference + fields[0];
    check_values(fields[3], fields[2].find("int") != std::string::npos,
                 [&path]<class T>(T /*type*/) { return eg::load_npy<T>(path); });
    CHECK(eg::npy_info(path).shape == eg::load_npy<double>(path).shape());
  }
}

TEST_CASE("npy: every malformed reference file is refused with its name", "[io][npy]") {
  const auto files = manifest("npy", "error");
  CHECK(files.size() >= 55);
  for (const auto& fields : files) {
    const std::string path = folder_of_reference + fields[0];
    INFO(fields[0] << ": " << fields[2]);
    try {
      static_cast<void>(eg::load_npy<float>(path));
      FAIL_CHECK("accepted");
    } catch (const eg::FileError& error) {
      CHECK(error.file() == path);
      CHECK(error.offset() >= 0);
      CHECK(std::string(error.what()).find("load_npy: " + path + ": ") == 0);
    }
    CHECK_THROWS_AS(eg::npy_info(path), eg::FileError);
  }
}

TEST_CASE("npy: refusals of what stands around the header", "[io][npy]") {
  const std::string good = eg::detail::format_npy_header("<f8", {3}) + std::string(24, '\0');
  const auto with = [&good](std::size_t at, char c) {
    std::string text = good;
    text[at] = c;
    return message_of(text);
  };
  CHECK(message_of(good) == "accepted");
  CHECK(message_of("") == "load_npy: t.npy: the file is empty");
  CHECK(message_of(good.substr(0, 3)) ==
        "load_npy: t.npy: truncated at byte 0: expected 6 bytes of magic, found 3");
  CHECK(message_of(good.substr(0, 7)) ==
        "load_npy: t.npy: truncated at byte 6: expected 2 bytes of version, found 1");
  CHECK(message_of(good.substr(0, 9)) ==
        "load_npy: t.npy: truncated at byte 8: expected 2 bytes of header length, found 1");
  CHECK(message_of(good.substr(0, 40)) ==
        "load_npy: t.npy: truncated at byte 10: expected 118 bytes of header, found 30");
  CHECK(message_of(good.substr(0, 151)) ==
        "load_npy: t.npy: truncated at byte 128: expected 24 bytes of float64 data, found 23");
  CHECK(message_of(good + "!") ==
        "load_npy: t.npy: trailing bytes at byte 152: expected 24 bytes of float64 data, found 25");
  CHECK(message_of("1,2,3\n") == "load_npy: t.npy: no .npy magic at byte 0: expected \\x93NUMPY");
  CHECK(message_of("PK\x03\x04 and so on") ==
        "load_npy: t.npy: no .npy magic at byte 0: expected \\x93NUMPY; it looks like a zip "
        "archive (.npz)");
  CHECK(message_of("\x80\x04\x95 and so on") ==
        "load_npy: t.npy: no .npy magic at byte 0: expected \\x93NUMPY; it looks like a Python "
        "pickle");
  CHECK(with(6, '\4') ==
        "load_npy: t.npy: unknown version at byte 6: 4.0, expected 1.0, 2.0 or 3.0");
  CHECK(with(9, '\x7f') ==
        "load_npy: t.npy: header too long at byte 8: 32630 bytes, at most 10000");
}

TEST_CASE("npy: refusals of what the header says", "[io][npy]") {
  const std::string start = "load_npy: t.npy: ";
  const auto header = [&start](const std::string& text) {
    return message_of(raw(text)).substr(start.size());
  };
  CHECK(header("") == "bad header at byte 10: expected '{'");
  CHECK(header("{") == "bad header at byte 11: expected a key in quotes");
  CHECK(header("{'descr") == "bad header at byte 11: the quote is not closed");
  CHECK(header("{'de\\x73cr': 1}") == "bad header at byte 11: an escape or a line end in quotes");
  CHECK(header("{'descr' '<f8'}") == "bad header at byte 19: expected ':' after 'descr'");
  CHECK(header("{'descr': '<f8' 'shape': ()}") == "bad header at byte 26: expected ',' or '}'");
  CHECK(header("{'order': 1}") == "bad header at byte 11: unknown key 'order'");
  CHECK(header("{'descr': '<f8', 'descr': '<f8'}") ==
        "bad header at byte 27: the key 'descr' appears twice");
  CHECK(header("{'descr': '<f8', 'shape': ()}") ==
        "bad header at byte 39: the key 'fortran_order' is missing");
  CHECK(header("{'descr': '<f8', 'fortran_order': False, 'shape': ()}x") ==
        "bad header at byte 63: text after the closing '}'");

  const auto refused = [&start](const std::string& descr, const std::string& order,
                                const std::string& shape) {
    return refusal_of(descr, order, shape).substr(start.size());
  };
  CHECK(refused("'<f8'", "0", "()") == "bad fortran_order at byte 44: expected True or False");
  CHECK(refused("8", "False", "()") == "bad descr at byte 20: expected a dtype in quotes");
  CHECK(refused("[('a', '<f8')]", "False", "()") ==
        "bad descr at byte 20: structured dtypes are not supported");
  CHECK(refused("'<c16'", "False", "()") ==
        "bad descr at byte 20: '<c16' is complex, which is not supported");
  CHECK(refused("'|O'", "False", "()") ==
        "bad descr at byte 20: '|O' holds pickled Python objects, which are not supported");
  CHECK(refused("'<f16'", "False", "()") ==
        "bad descr at byte 20: '<f16' is long double, which is not supported");
  CHECK(refused("'<f3'", "False", "()") == "bad descr at byte 20: '<f3' is not a known dtype");
  CHECK(refused("'<U3'", "False", "()") == "bad descr at byte 20: '<U3' is text, not numbers");
  CHECK(refused("'|S3'", "False", "()") == "bad descr at byte 20: '|S3' is text, not numbers");
  CHECK(refused("'<M8[D]'", "False", "()") ==
        "bad descr at byte 20: '<M8[D]' is a date or duration, not numbers");
  CHECK(refused("'|V3'", "False", "()") == "bad descr at byte 20: '|V3' is raw bytes, not numbers");
  CHECK(refused("'<i16'", "False", "()") == "bad descr at byte 20: '<i16' is not a known dtype");
  CHECK(refused("''", "False", "()") == "bad descr at byte 20: '' is not a known dtype");

  CHECK(refused("'<f8'", "False", "3") == "bad shape at byte 60: expected a tuple");
  CHECK(refused("'<f8'", "False", "(3)") == "bad shape at byte 60: (3) is not a tuple, (3,) is");
  CHECK(refused("'<f8'", "False", "(2, -1)") == "bad shape at byte 64: a negative extent");
  CHECK(refused("'<f8'", "False", "(x,)") == "bad shape at byte 61: expected an extent");
  CHECK(refused("'<f8'", "False", "(,)") == "bad shape at byte 61: expected an extent");
  CHECK(refused("'<f8'", "False", "(3 3)") == "bad shape at byte 63: expected ',' or ')'");
  CHECK(refused("'<f8'", "False", "(0x3,)") == "bad shape at byte 62: expected ',' or ')'");
  CHECK(refused("'<f8'", "False", "(03,)") == "bad shape at byte 61: an extent with leading zeros");
  CHECK(refused("'<f8'", "False", "(9223372036854775808,)") ==
        "bad shape at byte 61: an extent past 2^63 - 1");
  CHECK(refused("'<f8'", "False", "(1, 1, 1, 1, 1, 1, 1)") ==
        "bad shape at byte 60: more than 6 extents");
  CHECK(refused("'<f8'", "False", "(4294967296, 4294967296, 0)") ==
        "bad shape at byte 60: the number of elements overflows: (4294967296, 4294967296, 0)");
  CHECK(refused("'<f8'", "False", "(2305843009213693952,)") ==
        "bad shape at byte 10: the number of bytes overflows: (2305843009213693952,)");
  // The data is asked for before anything of its size is allocated.
  CHECK(refused("'<f8'", "False", "(1099511627776,)") ==
        "truncated at byte 77: expected 8796093022208 bytes of float64 data, found 0");
}

TEST_CASE("npy: blanks, trailing commas and both kinds of quotes are Python's", "[io][npy]") {
  const auto x =
      parse<float>(raw("{ \"shape\" :\t( 2 ,3, ) ,'descr':'|i1',\n'fortran_order':True,}\n ",
                       "\x01\x02\x03\x04\x05\x06"));
  CHECK(eg::equal(x, eg::tensor<float>({{1, 3, 5}, {2, 4, 6}})));
  CHECK(parse(raw("{'descr': '?', 'fortran_order': False, 'shape': (2L, 1L)}",
                  std::string("\x00\x07", 2)))
            .at(1, 0) == 1.0);
}

TEST_CASE("npy: conversion is NumPy's astype", "[io][npy]") {
  const ScratchFolder folder;
  const std::string path = folder / "x.npy";
  eg::save_npy(path, eg::tensor<double>({2.9, -2.9, 0.0, 1e300, 3e9}));
  CHECK(eg::equal(eg::load_npy<std::int32_t>(path),
                  eg::tensor<std::int32_t>({2, -2, 0, INT32_MIN, INT32_MIN})));
  CHECK(eg::equal(eg::load_npy<bool>(path), eg::tensor<bool>({true, true, false, true, true})));
  CHECK(eg::load_npy<float>(path).at(3) == std::numeric_limits<float>::infinity());
  CHECK(eg::load_npy<float>(path).at(0) == 2.9F);
  eg::save_npy(path, eg::tensor<std::int64_t>({257, -1}));
  CHECK(eg::equal(eg::load_npy<std::uint8_t>(path), eg::tensor<std::uint8_t>({1, 255})));
}

TEMPLATE_TEST_CASE("npy: what is saved is loaded again", "[io][npy]", float, double, std::int64_t,
                   std::int32_t, std::uint8_t, bool) {
  const ScratchFolder folder;
  const std::string path = folder / "x.npy";
  for (const eg::Shape& shape : {eg::Shape{}, eg::Shape{0}, eg::Shape{5}, eg::Shape{2, 3},
                                 eg::Shape{2, 0, 3}, eg::Shape{2, 1, 2, 1, 2, 2}}) {
    eg::Tensor<TestType> x = eg::zeros<TestType>(shape);
    for (Index i = 0; i < x.size(); ++i) {
      x.mutable_data()[i] = static_cast<TestType>(i % 2 == 0 ? i : -i);
    }
    eg::save_npy(path, x);
    CHECK(eg::equal(eg::load_npy<TestType>(path), x));
    CHECK(eg::npy_info(path).shape == shape);
    CHECK_FALSE(eg::npy_info(path).fortran_order);
    // The elements begin at a multiple of 64 bytes, as NumPy's do.
    CHECK((eg::read_file(path).size() - static_cast<std::size_t>(x.size()) * sizeof(TestType)) %
              64 ==
          0);
  }
}

TEST_CASE("npy: save_npy writes NumPy's bytes", "[io][npy]") {
  const ScratchFolder folder;
  const std::string path = folder / "x.npy";
  for (const std::string name : {"version_1", "zero_dimensions", "empty", "matrix_C"}) {
    INFO(name);
    const std::string reference = folder_of_reference + name + ".npy";
    eg::save_npy(path, eg::load_npy<double>(reference));
    CHECK(eg::read_file(path) == eg::read_file(reference));
  }
  eg::save_npy(path, eg::load_npy<bool>(folder_of_reference + "bool.npy"));
  CHECK(eg::read_file(path) == eg::read_file(folder_of_reference + "bool.npy"));
  eg::save_npy(path, eg::load_npy<float>(folder_of_reference + "empty_rows.npy"));
  CHECK(eg::read_file(path) == eg::read_file(folder_of_reference + "empty_rows.npy"));
  CHECK(eg::npy_info(path).descr == "<f4");
}

TEST_CASE("npy: a strided view is saved in its own order", "[io][npy]") {
  const ScratchFolder folder;
  const auto x = eg::tensor<double>({{1, 2, 3}, {4, 5, 6}});
  eg::save_npy(folder / "x.npy", eg::detail::make_view(x, {3, 2}, {1, 3}, 0));
  CHECK(eg::equal(eg::load_npy<double>(folder / "x.npy"),
                  eg::tensor<double>({{1, 4}, {2, 5}, {3, 6}})));
}

TEST_CASE("npy: more than one chunk, converted and in Fortran order", "[io][npy]") {
  const ScratchFolder folder;
  const std::string path = folder / "x.npy";
  constexpr Index rows = 30011;
  eg::Tensor<std::int32_t> columns = eg::zeros<std::int32_t>({3, rows});
  for (Index i = 0; i < columns.size(); ++i) {
    columns.mutable_data()[i] = static_cast<std::int32_t>(i);
  }
  eg::save_npy(path, columns);
  std::string text = eg::read_file(path);
  // The same bytes as a Fortran file of the transposed shape.
  const std::string from = "'fortran_order': False, 'shape': (3, 30011), }";
  const std::string to = "'fortran_order': True, 'shape': (30011, 3), } ";
  text.replace(text.find(from), from.size(), to);
  eg::write_file(path, text);
  CHECK(eg::npy_info(path).fortran_order);
  const eg::Tensor<float> x = eg::load_npy<float>(path);
  REQUIRE(x.shape() == eg::Shape{rows, 3});
  bool same = true;
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < 3; ++j) {
      same = same && x.at(i, j) == static_cast<float>(j * rows + i);
    }
  }
  CHECK(same);
}

TEST_CASE("npy: any byte of a file may be wrong", "[io][npy]") {
  const std::string good =
      raw("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}", std::string(24, '\x40'));
  int accepted = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    static_cast<void>(message_of(good.substr(0, at)));
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = good;
      text[at] = static_cast<char>(byte);
      const std::string message = message_of(text);  // lets anything but a FileError through
      accepted += message == "accepted" ? 1 : 0;
    }
  }
  // At least the elements may be anything.
  CHECK(accepted >= 24 * 256);
  CHECK(accepted < 25 * 256);  // and few of the header
}

TEST_CASE("npy: every prefix is refused, every changed byte is refused or valid", "[io][npy]") {
  const std::string good = eg::detail::format_npy_header("<f4", {2, 3}) + std::string(24, '\1');
  const auto read = [](const std::string& text) { static_cast<void>(parse<float>(text)); };
  CHECK(check_prefixes("t.npy", good, read).refused == 152);
  const Refusals flips = check_flips("t.npy", good, read);
  CHECK(flips.calls == 9 * 152);
  // Not every change is one: blanks become other blanks, data other data.
  CHECK(flips.refused > 1000);
}
