#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/io/mapped_safetensors.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cstdint>
#include <string>

namespace eg = eigengrad;

namespace {

const std::string folder_of_reference = EIGENGRAD_TEST_DATA_DIR "/safetensors/";

std::string file(const std::string& name) {
  return folder_of_reference + name + ".safetensors";
}

}  // namespace

TEST_CASE("mapped safetensors: views that outlive the file object", "[io][json][map]") {
  eg::Tensor<float> weight;
  {
    const eg::MappedSafetensors mapped(file("torch_sequential"));
    CHECK(mapped.tensors().size() == 4);
    CHECK(mapped.metadata().find("format")->second == "pt");
    weight = mapped.view<float>("0.weight");
    CHECK(eg::equal(mapped.view<float>("2.bias"), eg::tensor<float>({300, 301})));
  }
  CHECK(eg::equal(weight, eg::SafetensorsFile(file("torch_sequential")).load<float>("0.weight")));
  CHECK_THROWS_AS(weight.mutable_data(), eg::ValueError);
  const eg::MappedSafetensors shapes(file("shapes"));
  CHECK(shapes.view<double>("scalar").item() == 3.5);
  CHECK(shapes.view<float>("empty").size() == 0);
  CHECK(eg::MappedSafetensors(file("bool")).view<std::uint8_t>("x").at(1, 1) == 1);
}

TEST_CASE("mapped safetensors: what cannot be mapped is refused", "[io][json][map]") {
  const eg::MappedSafetensors half(file("float16"));
  CHECK_THROWS_TEXT(half.view<float>("x"), eg::FileError,
                    "map_safetensors: " + file("float16") +
                        ": tensor 'x' is stored as F16, only F32 can be mapped as float32");
  const eg::MappedSafetensors unaligned(file("unaligned_data"));
  CHECK_THROWS_TEXT(unaligned.view<float>("x"), eg::FileError,
                    "map_safetensors: " + file("unaligned_data") +
                        ": tensor 'x' begins at byte 62, which is no multiple of 4: it can be "
                        "loaded, but not mapped");
  CHECK_THROWS_TEXT(
      unaligned.view<float>("y"), eg::FileError,
      "map_safetensors: " + file("unaligned_data") + ": no tensor is named 'y': there are 'x'");
  CHECK_THROWS_TEXT(eg::MappedSafetensors(file("truncated_0")), eg::FileError,
                    "map_safetensors: " + file("truncated_0") +
                        ": truncated at byte 0: expected 8 bytes of header length, found 0");
  CHECK_THROWS_TEXT(eg::MappedSafetensors(file("truncated_40")), eg::FileError,
                    "map_safetensors: " + file("truncated_40") +
                        ": truncated at byte 8: expected 56 bytes of header, found 32");
}
