// load_csv, load_csv_labelled and load_csv_table on any text; the first bytes choose the options. A
// table must be the same however it is cut into pieces and chunks of rows.

#include "fuzz.hpp"

#include <eigengrad/io/csv.hpp>
#include <eigengrad/io/csv_labels.hpp>
#include <eigengrad/io/csv_table.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

namespace {

namespace eg = eigengrad;

/// All rows of a table, read in chunks from pieces of the text, as bits: NaN equals itself.
std::vector<std::uint32_t> bits_of(std::span<const std::byte> text, const eg::CsvSchema& schema,
                                   eg::Index rows, const eg::detail::CsvPieces& pieces) {
  const eg::detail::ByteSource source("load_csv_table", "t", text);
  eg::detail::CsvEncoder<float> encoder(source, schema, pieces);
  std::vector<std::uint32_t> bits;
  while (const auto part = encoder.next(rows)) {
    for (const float value : part->x.values()) {
      bits.push_back(std::bit_cast<std::uint32_t>(value));
    }
    if (part->y.defined()) {
      for (const std::int64_t y : part->y.values()) {
        bits.push_back(static_cast<std::uint32_t>(y));
      }
    }
  }
  return bits;
}

/// Learns a schema of the text and reads it, and a file that lacks its last byte, by that.
void read_table(unsigned choice, unsigned more, std::span<const std::byte> text) {
  const eg::CsvTableOptions options{
      .delimiter = (choice & 1U) != 0 ? ';' : ',',
      .header = static_cast<eg::CsvHeader>((choice >> 1U & 3U) % 3U),
      .target_column = (choice & 32U) != 0 ? std::optional<eg::Index>(-1) : std::nullopt,
      .labels = (more & 1U) != 0 ? eg::CsvLabels::numbers : eg::CsvLabels::classes,
      .na_values = (more & 2U) != 0 ? std::vector<std::string>{"-"} : std::vector<std::string>{},
      .keep_default_na = (more & 4U) == 0,
      .allow_non_finite = (choice & 16U) != 0,
      .missing = static_cast<eg::CsvFill>((more >> 4U) % 7U),
      .handle_unknown = (more & 8U) != 0 ? eg::CsvUnknown::ignore : eg::CsvUnknown::error,
      .category_limit = 100};
  const eg::Index bytes = 1 + static_cast<eg::Index>(more % 11U);
  const eg::detail::ByteSource source("csv_schema", "t", text);
  const eg::CsvSchema schema = eg::detail::learn_csv_schema(source, options, {.bytes = bytes});
  std::vector<std::uint32_t> whole = bits_of(text, schema, 1 << 20, {});
  std::vector<std::uint32_t> parts = bits_of(text, schema, 3, {.bytes = bytes});
  std::sort(whole.begin(), whole.end());  // labels come after each chunk's features
  std::sort(parts.begin(), parts.end());
  if (whole != parts) {
    fuzz::stop("pieces give another table");
  }
  static_cast<void>(bits_of(text.first(text.size() - 1), schema.without_target(), 2, {}));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const unsigned choice = data[0];
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const eg::CsvOptions options{
      .delimiter = (choice & 1U) != 0 ? ';' : ',',
      .header = static_cast<eg::CsvHeader>((choice >> 1U & 3U) % 3U),
      .missing = (choice & 8U) != 0 ? eg::CsvMissing::nan : eg::CsvMissing::refuse,
      .allow_non_finite = (choice & 16U) != 0};
  return fuzz::run(
      data, size,
      [&](std::span<const std::byte> bytes) {
        if ((choice & 128U) != 0) {
          read_table(choice, data[1], bytes.subspan(2));
        } else if ((choice & 32U) != 0) {
          const auto table = eg::detail::parse_csv_labelled<float>(text, "t", {}, options);
          fuzz::use(table.x);
        } else if ((choice & 64U) != 0) {
          fuzz::use(eg::detail::parse_csv<std::int64_t>(text, "t", options));
        } else {
          fuzz::use(eg::detail::parse_csv<float>(text, "t", options));
        }
      },
      fuzz::Place::maybe);
}
