// load_csv and load_csv_labelled on any text; the first byte chooses the options.

#include "fuzz.hpp"

#include <eigengrad/io/csv.hpp>
#include <eigengrad/io/csv_labels.hpp>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace eg = eigengrad;
  if (size == 0) {
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
      [&](std::span<const std::byte> /*bytes*/) {
        if ((choice & 32U) != 0) {
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
