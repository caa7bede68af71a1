#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/io/file.hpp>
#include <eigengrad/io/mapped_npy.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/view.hpp>

#include <cstdint>
#include <string>
#include <unistd.h>

namespace eg = eigengrad;

namespace {

const std::string folder_of_reference = EIGENGRAD_TEST_DATA_DIR "/npy/";

}  // namespace

TEST_CASE("map_npy: the same values as load_npy, in C and Fortran order", "[io][map]") {
  for (const std::string name : {"version_1", "version_2", "matrix_C", "matrix_F", "float64_little",
                                 "zero_dimensions", "empty"}) {
    INFO(name);
    const std::string path = folder_of_reference + name + ".npy";
    const auto x = eg::map_npy<double>(path);
    const auto expected = eg::load_npy<double>(path);
    CHECK(eg::allclose(x, expected, 0, 0, true));
    CHECK(x.shape() == expected.shape());
  }
  CHECK_FALSE(eg::map_npy<double>(folder_of_reference + "matrix_F.npy").is_contiguous());
  CHECK(eg::equal(eg::map_npy<std::int64_t>(folder_of_reference + "int64_little.npy"),
                  eg::load_npy<std::int64_t>(folder_of_reference + "int64_little.npy")));
  CHECK(eg::equal(eg::map_npy<std::uint8_t>(folder_of_reference + "bool.npy"),
                  eg::tensor<std::uint8_t>({1, 0, 1})));
}

TEST_CASE("map_npy: the tensor is read-only and outlives everything but itself", "[io][map]") {
  const ScratchFolder folder;
  const std::string path = folder / "x.npy";
  eg::save_npy(path, eg::tensor<float>({{1, 2, 3}, {4, 5, 6}}));
  eg::Tensor<float> row;
  {
    auto x = eg::map_npy<float>(path);
    CHECK_THROWS_TEXT(x.mutable_data(), eg::ValueError,
                      "mutable_data: the tensor views const memory of the user");
    row = eg::detail::sliced(x, 0, 1, 2);
  }
  // Replaced and removed, the map still has what it was.
  eg::save_npy(path, eg::zeros<float>({2, 3}));
  REQUIRE(::unlink(path.c_str()) == 0);
  CHECK(eg::equal(row, eg::tensor<float>({{4, 5, 6}})));
  CHECK_FALSE(eg::detail::must_record(row));
}

TEST_CASE("map_npy: what cannot be mapped is refused", "[io][map]") {
  const auto file = [](const std::string& name) { return folder_of_reference + name + ".npy"; };
  CHECK_THROWS_TEXT(eg::map_npy<float>(file("matrix_C")), eg::FileError,
                    "map_npy: " + file("matrix_C") +
                        ": the elements are '<f8', only '<f4' can be mapped as float32");
  CHECK_THROWS_TEXT(eg::map_npy<double>(file("float64_big")), eg::FileError,
                    "map_npy: " + file("float64_big") +
                        ": the elements are '>f8', only '<f8' can be mapped as float64");
  CHECK_THROWS_TEXT(eg::map_npy<double>(file("header_unpadded")), eg::FileError,
                    "map_npy: " + file("header_unpadded") +
                        ": the data begins at byte 60, which is no multiple of 8: it can be "
                        "loaded, but not mapped");
  CHECK_THROWS_TEXT(eg::map_npy<double>(file("truncated_151")), eg::FileError,
                    "map_npy: " + file("truncated_151") +
                        ": truncated at byte 128: expected 24 bytes of float64 data, found 23");
  CHECK_THROWS_TEXT(eg::map_npy<double>(file("truncated_0")), eg::FileError,
                    "map_npy: " + file("truncated_0") + ": the file is empty");
  CHECK_THROWS_TEXT(eg::map_npy<double>(file("none")), eg::FileError,
                    "map_npy: " + file("none") + ": cannot open: No such file or directory");
}
