// Event files: the bytes of TensorBoard's own writer, histograms, and what happens to the files.

#include "io/event_reader.hpp"
#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/io/crc32c.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/io/summary_writer.hpp>
#include <eigengrad/io/tensorboard_messages.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <limits>
#include <string>
#include <vector>

namespace eg = eigengrad;
namespace detail = eigengrad::detail;

TEST_CASE("crc32c: check values", "[io]") {
  CHECK(detail::crc32c("123456789") == 0xe3069283U);  // of catalogues of CRC algorithms
  // RFC 3720, B.4: 32 bytes of zeros, of ones, ascending.
  CHECK(detail::crc32c(std::string(32, '\0')) == 0x8a9136aaU);
  CHECK(detail::crc32c(std::string(32, '\xff')) == 0x62a8ab43U);
  std::string ascending;
  for (char i = 0; i < 32; ++i) {
    ascending += i;
  }
  CHECK(detail::crc32c(ascending) == 0x46dd794eU);
  CHECK(detail::masked_crc32c(std::string(32, '\0')) == 0x0fd7fffaU);
}

TEST_CASE("events: byte for byte what TensorBoard's own writer writes", "[io]") {
  // tests/reference/make_tensorboard_events.py writes the same events in the same order.
  constexpr double time = 1700000000.25;
  std::string file;
  const auto add = [&](const detail::ProtobufMessage& event) {
    detail::append_record(file, event.bytes());
  };
  const auto add_value = [&](eg::Index step, const detail::ProtobufMessage& value) {
    add(detail::summary_event(time, step, value));
  };
  add(detail::version_event(time));
  add_value(1, detail::scalar_value("epoch_loss", 0.5));
  add_value(2, detail::scalar_value("epoch_loss", -3.25e-7));
  add_value(300, detail::scalar_value("epoch_loss", std::numeric_limits<double>::quiet_NaN()));
  add_value(eg::Index{1} << 40, detail::scalar_value("epoch_loss", 0));
  add_value(7, detail::histogram_value("weights/0.weight",
                                       detail::histogram_of(eg::arange<float>(0, 31))));
  add_value(0, detail::text_value("notes", "# title\n\na < b & \xc3\xa4"));
  add_value(0, detail::session_start({{"learning_rate", 0.001},
                                      {"zero", 0},
                                      {"optimizer", "adam"},
                                      {"nothing", ""},
                                      {"shuffle", true},
                                      {"off", false}},
                                     time));
  add_value(0, detail::session_end(time));
  add(detail::restart_event(time, 5));

  const std::string expected = eg::read_file(EIGENGRAD_TEST_DATA_DIR "/tensorboard/events.bin");
  const std::vector<std::string> found = event_reader::records(file);
  const std::vector<std::string> wanted = event_reader::records(expected);
  REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    INFO("event " << i);
    CHECK(found[i] == wanted[i]);
  }
  CHECK(file == expected);
}

TEST_CASE("histogram_of: 30 intervals of one width, the last one closed", "[io]") {
  // NumPy: np.histogram(x, bins=30).
  const auto h = detail::histogram_of(eg::tensor<double>({-1, -0.9, 0, 1, 2, 2}, {2, 3}));
  CHECK(h.min == -1);
  CHECK(h.max == 2);
  CHECK(h.count == 6);
  CHECK_THAT(h.sum, Catch::Matchers::WithinAbs(3.1, 1e-15));
  CHECK_THAT(h.sum_squares, Catch::Matchers::WithinAbs(10.81, 1e-14));
  REQUIRE(h.counts.size() == 30);
  CHECK(h.counts[0] + h.counts[1] == 2);
  CHECK(h.counts[10] == 1);
  CHECK(h.counts[20] == 1);
  CHECK(h.counts[29] == 2);
  CHECK_THAT(h.limits[9], Catch::Matchers::WithinAbs(0, 1e-15));
  CHECK(h.limits[29] == 2);
  // One value, nothing, what is not finite, and the whole range of doubles.
  const auto constant = detail::histogram_of(eg::full<float>({5}, 0.25F));
  CHECK(constant.limits == std::vector<double>{0.25});
  CHECK(constant.counts == std::vector<double>{5});
  CHECK(detail::histogram_of(eg::empty<float>({0})).count == 0);
  const double infinity = std::numeric_limits<double>::infinity();
  const auto partly = detail::histogram_of(eg::tensor<double>({1, infinity, 2, -infinity}, {4}));
  CHECK(partly.count == 2);
  CHECK(partly.counts[0] == 1);
  CHECK(partly.counts[29] == 1);
  const double largest = std::numeric_limits<double>::max();
  const auto wide = detail::histogram_of(eg::tensor<double>({-largest, 1, largest}, {3}));
  CHECK(wide.counts[0] == 1);
  CHECK(wide.counts[15] == 1);
  CHECK(wide.counts[29] == 1);
  CHECK(detail::histogram_of(eg::tensor<double>({0, 5e-324}, {2})).counts ==
        std::vector<double>{2});
  // Many values, none of them lost: 100 of each of 0, ..., 29 and one that is not a number.
  auto many = eg::zeros<float>({3001});
  for (eg::Index i = 0; i < 3000; ++i) {
    many.set({i}, static_cast<float>(i * 7 % 30));
  }
  many.set({3000}, std::numeric_limits<float>::quiet_NaN());
  const auto even = detail::histogram_of(many);
  CHECK(even.count == 3000);
  CHECK(even.sum == 100.0 * 435);
  CHECK(even.sum_squares == 100.0 * 8555);
  CHECK(even.min == 0);
  CHECK(even.max == 29);
  double counted = 0;
  for (const double bucket : even.counts) {
    CHECK(bucket == 100);
    counted += bucket;
  }
  CHECK(counted == 3000);
}

TEST_CASE("SummaryWriter: events reach the file when they are flushed", "[io]") {
  const ScratchFolder folder;
  std::string file;
  {
    eg::SummaryWriter writer(folder / "a/b/");
    file = writer.file();
    CHECK(file.find(folder / "a/b/events.out.tfevents.") == 0);
    CHECK(event_reader::events(eg::read_file(file)).empty());
    writer.add_scalar("x", 1.5, 3);
    writer.add_histogram("w", eg::arange<double>(0, 4), 4);
    writer.add_histogram("empty", eg::empty<double>({0}), 4);
    CHECK(event_reader::events(eg::read_file(file)).empty());
    writer.flush();
    const auto events = event_reader::events(eg::read_file(file));
    REQUIRE(events.size() == 2);
    CHECK(events[0].tag == "x");
    CHECK(events[0].step == 3);
    CHECK(events[0].scalar == 1.5F);
    CHECK(events[1].tag == "w");
    CHECK_FALSE(events[1].histogram.empty());
    writer.add_text("note", std::string(std::size_t{1} << 20U, 'x'));  // a lot: at once
    CHECK(event_reader::events(eg::read_file(file)).size() == 3);
    writer.add_scalar("x", 2, 5);
  }
  CHECK(event_reader::events(eg::read_file(file)).size() == 4);  // the rest at the end
  // Each writer has a file of its own.
  const eg::SummaryWriter first(folder / "c");
  const eg::SummaryWriter second(folder / "c");
  CHECK(first.file() != second.file());
}

TEST_CASE("SummaryWriter: says what cannot be made", "[io][errors]") {
  const ScratchFolder folder;
  eg::write_file(folder / "file", "");
  CHECK_THROWS_TEXT(eg::SummaryWriter(folder / "file"), eg::FileError,
                    "SummaryWriter: " + (folder / "file") + ": is not a folder");
  CHECK_THROWS_TEXT(eg::SummaryWriter(folder / "file/run"), eg::FileError,
                    "SummaryWriter: " + (folder / "file/run") + ": cannot create: Not a directory");
}
