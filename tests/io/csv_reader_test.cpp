// Rows read piece by piece are those that are read at once, whatever the text and the pieces.

#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/io/byte_source.hpp>
#include <eigengrad/io/csv_reader.hpp>
#include <eigengrad/io/file.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <unistd.h>
#include <vector>

namespace eg = eigengrad;
using eg::Index;
using eg::detail::ByteSource;
using eg::detail::CsvPieces;
using eg::detail::CsvReader;

namespace {

/// Lines and fields of all rows, and the error that ended them.
std::string all_of(CsvReader& reader) {
  std::string seen;
  try {
    while (reader.next()) {
      seen += std::to_string(reader.line()) + ":";
      for (const std::string_view field : reader.fields()) {
        seen += "[" + std::string(field) + "]";
      }
    }
  } catch (const eg::FileError& error) {
    seen += error.what();
  }
  return seen;
}

std::string at_once(const std::string& text) {
  try {
    CsvReader reader("read_csv", "t.csv", text, ',');
    return all_of(reader);
  } catch (const eg::FileError& error) {
    return error.what();
  }
}

std::string in_pieces(const std::string& text, const CsvPieces& pieces) {
  const ByteSource source("read_csv", "t.csv", std::as_bytes(std::span(text)));
  try {
    CsvReader reader(source, ',', pieces);
    return all_of(reader);
  } catch (const eg::FileError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("csv reader: pieces of any size give the same rows and the same errors", "[io][csv]") {
  // All texts of five characters out of those that mean something.
  const std::string alphabet = "1,\"\n\r ";
  int different = 0;
  for (int code = 0; code < 6 * 6 * 6 * 6 * 6; ++code) {
    std::string text;
    for (int rest = code, i = 0; i < 5; ++i, rest /= 6) {
      text += alphabet[static_cast<std::size_t>(rest % 6)];
    }
    const std::string expected = at_once(text);
    for (const Index bytes : {1, 2, 4}) {
      if (in_pieces(text, {.bytes = bytes}) != expected) {
        ++different;
        UNSCOPED_INFO("'" << text << "' in pieces of " << bytes << ": "
                          << in_pieces(text, {.bytes = bytes}) << ", expected " << expected);
      }
    }
  }
  CHECK(different == 0);
}

TEST_CASE("csv reader: a byte order mark and UTF-16 across pieces", "[io][csv]") {
  const std::string text =
      "\xef\xbb\xbf"
      "a,b\r\n\"x\"\"y\",\"1\r\n2\"\r\n";
  for (const Index bytes : {1, 2, 3, 4, 100}) {
    CHECK(in_pieces(text, {.bytes = bytes}) == "1:[a][b]2:[x\"y][1\r\n2]");
    CHECK(in_pieces("\xff\xfe"
                    "1",
                    {.bytes = bytes}) == "read_csv: t.csv: is UTF-16 text; save it as UTF-8");
    CHECK(in_pieces("", {.bytes = bytes}) == "read_csv: t.csv: the file is empty");
  }
}

TEST_CASE("csv reader: a row of a file that does not end is refused", "[io][csv]") {
  const std::string row(100, '1');
  CHECK(in_pieces(row + "\n" + row, {.bytes = 10, .row = 100}) == "1:[" + row + "]2:[" + row + "]");
  CHECK(in_pieces("a\n\"" + row + "\n" + row + "\n", {.bytes = 10, .row = 100}) ==
        "1:[a]read_csv: t.csv: line 2: a row of more than 100 bytes; is there a quote that is not "
        "closed?");
}

TEST_CASE("csv reader: a file that shrinks meanwhile is an error", "[io][csv]") {
  const ScratchFolder folder;
  const std::string path = folder / "t.csv";
  eg::write_file(path, "1\n2\n3\n");
  const eg::detail::InputFile file("read_csv", path);
  const ByteSource source("read_csv", path, file);
  CsvReader reader(source, ',', {.bytes = 4});
  CHECK(reader.next());
  REQUIRE(::truncate(path.c_str(), 3) == 0);
  CHECK(reader.next());
  CHECK_THROWS_TEXT(reader.next(), eg::FileError,
                    "read_csv: " + path + ": shrank while it was read: byte 4");
}
