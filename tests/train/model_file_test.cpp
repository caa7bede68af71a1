#include "io/scratch_folder.hpp"
#include "reference/weights_model.hpp"
#include "support/catch.hpp"

#include <eigengrad/io/file.hpp>
#include <eigengrad/io/safetensors.hpp>
#include <eigengrad/io/weights.hpp>
#include <eigengrad/nn/flatten.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/random.hpp>
#include <eigengrad/train/mlp_safetensors.hpp>
#include <eigengrad/train/model_file.hpp>

#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::Index;
using eg::WeightFormat;

namespace {

const std::string reference = EIGENGRAD_TEST_DATA_DIR "/weights/";

/// A layer of a user's own, with parameters and attributes.
struct Scale {
  static constexpr std::string_view kind = "Scale";
  Index features;
  [[nodiscard]] std::vector<eg::nn::LayerAttribute> attributes() const {
    return {{"features", static_cast<double>(features)}};
  }
  template <class T>
  struct Layer {
    eg::Parameter<T> factor;
    Layer(const Scale& spec, eg::nn::Builder<T>& builder)
        : factor(builder.parameter("factor", {spec.features}, "ones")) {}
    eg::Tensor<T> operator()(const eg::Tensor<T>& x) const { return x * factor; }
  };
};

/// One that says nothing.
struct Shift {
  double by;
  template <eg::FloatScalar T>
  eg::Tensor<T> operator()(const eg::Tensor<T>& x) const {
    return x + static_cast<T>(by);
  }
};

/// A file with one tensor and a description.
std::string described(const ScratchFolder& folder, const std::string& json) {
  const std::string path = folder / "described.safetensors";
  eg::save_safetensors(path, {{"0.weight", eg::zeros<float>({2, 3})}}, {{"eigengrad.model", json}});
  return path;
}

}  // namespace

TEST_CASE("weights: PyTorch and Keras compute the same from our files, and we from theirs",
          "[train][json]") {
  const eg::NoGrad no_grad;
  const eg::SafetensorsFile results(reference + "results.safetensors");
  const auto x = results.load<float>("x");
  for (const std::string name :
       {"torch", "torch_half", "keras", "eigengrad", "eigengrad_bfloat16", "eigengrad_keras"}) {
    INFO(name);
    auto model = weights_model<float>();
    model.restore_values(eg::nn::Sequential<float>(model.layers(), {.seed = 9}).copy_values());
    eg::LoadWeightsOptions options;
    if (name == "keras") {
      options.format = WeightFormat::keras;  // the others say it, or are PyTorch's
    }
    const auto report =
        eg::load_weights(reference + name + ".safetensors", model.parameters(), options);
    CHECK(report.loaded.size() == 4);
    // Products of 4 and 3 terms below 3, in another order: some 1e-7.
    CHECK(eg::allclose(model(x), results.load<float>(name), 0, 1e-6));
  }
}

TEST_CASE("weights: files are written to the bit", "[train][json]") {
  const ScratchFolder folder;
  const std::string path = folder / "m.safetensors";
  const auto model = weights_model<float>();
  eg::train::save_model(path, model);
  CHECK(eg::read_file(path) == eg::read_file(reference + "eigengrad.safetensors"));
  eg::save_weights(path, model.parameters(), {.format = WeightFormat::keras});
  CHECK(eg::read_file(path) == eg::read_file(reference + "eigengrad_keras.safetensors"));
  // What PyTorch wrote, read and written again.
  auto other = weights_model<float>();
  eg::load_weights(reference + "torch.safetensors", other.parameters());
  eg::save_weights(path, other.parameters());
  const eg::SafetensorsFile ours(path);
  const eg::SafetensorsFile theirs(reference + "torch.safetensors");
  REQUIRE(ours.tensors().size() == theirs.tensors().size());
  for (const eg::SafetensorsInfo& info : theirs.tensors()) {
    CHECK(eg::equal(ours.load<float>(info.name), theirs.load<float>(info)));
  }
}

TEST_CASE("weights: float goes into double and back", "[train][json]") {
  const ScratchFolder folder;
  const std::string path = folder / "m.safetensors";
  const auto model = weights_model<float>();
  eg::save_weights(path, model.parameters());
  auto wide = weights_model<double>();
  for (auto parameter : wide.parameters()) {
    parameter.assign(eg::zeros<double>(parameter.shape()));
  }
  eg::load_weights(path, wide.parameters());
  CHECK(wide.parameter("2.weight").at(1, 2) ==
        static_cast<double>(model.parameter("2.weight").at(1, 2)));
  eg::save_weights(path, wide.parameters());
  CHECK(eg::SafetensorsFile(path).info("0.weight").dtype == "F64");
  auto narrow = weights_model<float>();
  eg::load_weights(path, narrow.parameters());
  CHECK(eg::equal<float>(narrow.parameter("0.weight"), model.parameter("0.weight")));
}

TEST_CASE("weights: refusals name the file and leave the model as it is", "[train][json]") {
  const ScratchFolder folder;
  auto model = weights_model<float>();
  const auto before = model.copy_values();
  const std::string path = folder / "m.safetensors";
  eg::save_safetensors(path, {{"0.weight", eg::ones<float>({3, 4})},
                              {"0.bias", eg::ones<float>({4})},
                              {"1.weight", eg::ones<float>({3, 3})}});
  CHECK_THROWS_TEXT(eg::load_weights(path, model.parameters()), eg::FileError,
                    "load_weights: " + path +
                        ": missing '2.weight', '2.bias'; unexpected '1.weight'; '0.bias' is (4,) "
                        "in the file, (3,) in the model");
  const std::string keras = reference + "eigengrad_keras.safetensors";
  CHECK_THROWS_TEXT(
      eg::load_weights(keras, model.parameters(), {.format = WeightFormat::pytorch}), eg::FileError,
      "load_weights: " + keras + ": the weights are of the format 'keras', asked for is pytorch");
  eg::save_safetensors(path, {}, {{"eigengrad.weights", "onnx"}});
  CHECK_THROWS_TEXT(eg::load_weights(path, model.parameters()), eg::FileError,
                    "load_weights: " + path + ": the weights are of the format 'onnx'");
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK(eg::equal<float>(before[i], model.parameters()[i]));
  }
}

TEST_CASE("weights: without strict, some of the layers", "[train][json]") {
  const ScratchFolder folder;
  const std::string path = folder / "m.safetensors";
  eg::save_safetensors(path,
                       {{"2.bias", eg::ones<double>({3})}, {"head.bias", eg::ones<float>({9})}});
  auto model = weights_model<float>();
  const auto report = eg::load_weights(path, model.parameters(), {.strict = false});
  CHECK(report.loaded == std::vector<std::string>{"2.bias"});
  CHECK(report.missing == std::vector<std::string>{"0.weight", "0.bias", "2.weight"});
  CHECK(report.unexpected == std::vector<std::string>{"head.bias"});
  CHECK(model.parameter("2.bias").at(2) == 1.0F);
}

TEST_CASE("model file: a Sequential of every layer is rebuilt from the file alone",
          "[train][json]") {
  const ScratchFolder folder;
  const std::string path = folder / "m.safetensors";
  using namespace eg::nn;
  Sequential<float> model(
      {Flatten(), Dense(4, 5, {.initializer = "he_uniform"}), ReLU(), Dense(5, 5, {.name = "mid"}),
       LeakyReLU{.3}, ELU{.7}, GELU{eg::Gelu::tanh}, GELU(), SiLU(), Softplus(), Softsign(), Tanh(),
       Dropout(.25), Dense(5, 3, {.use_bias = false}), Softmax{-1}, Sigmoid()},
      {.seed = 18446744073709551615U});
  eg::train::save_model(path, model, {.metadata = {{"note", "mine"}}});
  CHECK(eg::SafetensorsFile(path).metadata().find("note")->second == "mine");
  auto again = eg::train::load_model<float>(path);
  CHECK(again.summary() == model.summary());
  CHECK(again.seed() == model.seed());
  CHECK(again.is_training());
  CHECK_FALSE(eg::train::load_model<double>(path).parameters().empty());
  const auto x = eg::uniform<float>({6, 2, 2}, -2.0F, 2.0F, eg::RandomKey::named(1, "x"));
  // Trained on, both drop the same: the masks come from the seed.
  CHECK(eg::equal(again(x), model(x)));
  again.eval();
  model.eval();
  CHECK(eg::equal(again(x), model(x)));
}

TEST_CASE("model file: a layer of the user's own", "[train][json]") {
  const ScratchFolder folder;
  const std::string path = folder / "m.safetensors";
  eg::nn::Sequential<double> model({eg::nn::Dense(2, 3), Scale{3}});
  model.parameter("1.factor").assign(eg::tensor<double>({2, 3, 4}));
  eg::train::save_model(path, model);
  CHECK_THROWS_TEXT(eg::train::load_model<double>(path), eg::FileError,
                    "load_model: " + path +
                        ": __metadata__ 'eigengrad.model': layer 1 is of the unknown kind "
                        "'Scale': give load_model a maker of it");
  const auto again = eg::train::load_model<double>(
      path, {{"Scale", [](const eg::train::LayerDescription& layer) -> eg::nn::LayerSpec<double> {
                return Scale{layer.integer("features")};
              }}});
  const auto x = eg::tensor<double>({{1, -1}});
  CHECK(eg::equal(again(x), model(x)));

  eg::nn::Sequential<float> silent({eg::nn::Dense(2, 3), Shift{1.5}});
  CHECK_THROWS_TEXT(eg::train::save_model(path, silent), eg::ValueError,
                    "save_model: layer 1 (Shift) does not say what it was made from: give it "
                    "attributes(), see nn/layer.hpp, or use save_weights");
  eg::nn::Sequential<float> closure({[](const eg::Tensor<float>& y) { return y; }});
  CHECK_THROWS_TEXT(eg::train::save_model(path, closure), eg::ValueError,
                    "save_model: layer 0 (lambda) does not say what it was made from: give it "
                    "attributes(), see nn/layer.hpp, or use save_weights");
  eg::nn::Sequential<float> bad({eg::nn::Dense(2, 3, {.name = "\xff"})});
  CHECK_THROWS_TEXT(eg::train::save_model(path, bad), eg::ValueError,
                    "save_model: a layer's name is not UTF-8");
}

TEST_CASE("model file: refusals of the description", "[train][json]") {
  const ScratchFolder folder;
  const auto refusal = [&folder](const std::string& json) {
    const std::string path = described(folder, json);
    try {
      static_cast<void>(eg::train::load_model<float>(path));
    } catch (const eg::FileError& error) {
      const std::string start = "load_model: " + path + ": __metadata__ 'eigengrad.model': ";
      const std::string message = error.what();
      CHECK(message.substr(0, start.size()) == start);
      return message.substr(start.size());
    }
    return std::string("accepted");
  };
  const auto layers = [&refusal](const std::string& list) {
    return refusal(R"({"version":1,"seed":0,"layers":[)" + list + "]}");
  };
  CHECK(refusal("{") == "expected JSON with version 1");
  CHECK(refusal("[]") == "expected JSON with version 1");
  CHECK(refusal(R"({"version":2})") == "expected JSON with version 1");
  CHECK(refusal(R"({"version":1,"seed":-1,"layers":[]})") == "expected a seed and layers");
  CHECK(refusal(R"({"version":1,"seed":1,"layers":{}})") == "expected a seed and layers");
  CHECK(layers("") == "Sequential: a model needs at least one layer");
  CHECK(layers("1") == "layer 0 is not a kind, a name and numbers");
  CHECK(layers(R"({"kind":7})") == "layer 0 is not a kind, a name and numbers");
  CHECK(layers(R"({"kind":"ReLU","more":"text"})") == "layer 0 is not a kind, a name and numbers");
  CHECK(layers(R"({"kind":"Dense","in":2,"out":3})") ==
        "layer 0: Dense: the attribute 'use_bias' is missing");
  CHECK(layers(R"({"kind":"Dense","in":2.5,"out":3,"use_bias":0})") ==
        "layer 0: Dense: the attribute 'in' is no integer within 2^24: 2.5");
  CHECK(layers(R"({"kind":"Dense","in":1e300,"out":3,"use_bias":0})") ==
        "layer 0: Dense: the attribute 'in' is no integer within 2^24: 1e+300");
  CHECK(layers(R"({"kind":"Dense","in":0,"out":3,"use_bias":0})") ==
        "layer 0: Dense: in is not positive: 0");
  CHECK(layers(R"({"kind":"Dropout","rate":1})").find("layer 0: Dropout: ") == 0);
  // Nothing of the described size is allocated.
  CHECK(layers(R"({"kind":"Dense","in":16777216,"out":16777216,"use_bias":0})") ==
        "the layers have more weights than the 6 in the file");
  const std::string path = described(
      folder, R"({"version":1,"seed":0,"layers":[{"kind":"Dense","in":2,"out":3,"use_bias":1}]})");
  CHECK_THROWS_TEXT(eg::train::load_model<float>(path), eg::FileError,
                    "load_model: " + path +
                        ": missing '0.bias'; '0.weight' is (2, 3) in the file, (3, 2) in the model "
                        "(is WeightFormat right?)");
  const std::string bare = reference + "torch.safetensors";
  CHECK_THROWS_TEXT(eg::train::load_model<float>(bare), eg::FileError,
                    "load_model: " + bare +
                        ": __metadata__ 'eigengrad.model': it describes no model: build one and "
                        "call load_weights");
}

TEST_CASE("mlp file: a trained Mlp as one safetensors file", "[train][json]") {
  const ScratchFolder folder;
  const std::string path = folder / "m.safetensors";
  const eg::train::Mlp mlp{.features = 2,
                           .hidden = {4, 3},
                           .outputs = 3,
                           .activation = "tanh",
                           .task = eg::train::Task::multiclass};
  eg::train::TrainedMlp<float> trained{
      mlp,
      eg::train::make_mlp<float>(mlp, 5),
      eg::Standardizer<float>(eg::tensor<double>({0.1, -3}), eg::tensor<double>({2, 1e-7})),
      {"length", "width\n"},
      {"a", "b\\", "c"}};
  eg::train::save_mlp_safetensors(path, trained);
  auto again = eg::train::load_mlp_safetensors<float>(path);
  CHECK(again.feature_names == trained.feature_names);
  CHECK(again.class_names == trained.class_names);
  CHECK(again.mlp.hidden == mlp.hidden);
  CHECK(eg::equal(again.standardizer.mean(), trained.standardizer.mean()));
  CHECK(eg::equal(again.standardizer.scale(), trained.standardizer.scale()));
  const auto x = eg::tensor<float>({{1, 2}, {-3, 4}});
  CHECK(eg::equal(again.predict(x), trained.predict(x)));
  CHECK(eg::train::load_mlp_safetensors<double>(path).mlp.outputs == 3);
  CHECK(eg::train::load_model<float>(path).size() == 5);

  const std::string other = reference + "eigengrad.safetensors";
  CHECK_THROWS_TEXT(eg::train::load_mlp_safetensors<float>(other), eg::FileError,
                    "load_mlp: " + other + ": no trained Mlp: __metadata__ has no 'eigengrad.mlp'");
  const auto refusal = [&](const std::string& key, const std::string& text) {
    const std::string changed = folder / "changed.safetensors";
    eg::SafetensorsMetadata metadata = eg::SafetensorsFile(path).metadata();
    metadata[key] = text;
    std::vector<eg::SafetensorsTensor> tensors;
    for (const auto& [name, value] : eg::load_safetensors<float>(path)) {
      tensors.emplace_back(name, value);
    }
    eg::save_safetensors(changed, tensors, metadata);
    try {
      static_cast<void>(eg::train::load_mlp_safetensors<float>(changed));
    } catch (const eg::FileError& error) {
      return std::string(error.what()).substr(("load_mlp: " + changed + ": ").size());
    }
    return std::string("accepted");
  };
  CHECK(refusal("eigengrad.mlp", "what?") ==
        "__metadata__ 'eigengrad.mlp': line 1: expected 'key: value'");
  CHECK(refusal("eigengrad.mlp",
                "format: eigengrad-mlp 1\nfeatures: 16777216\nhidden: 16777216\n"
                "outputs: 1\ntask: regression\n") ==
        "the layers have more weights than the 39 in the file");
  CHECK(refusal("eigengrad.feature_mean", "1 two") ==
        "__metadata__ 'eigengrad.feature_mean': number 1 is malformed");
  CHECK(refusal("eigengrad.feature_mean", "1 2,3") ==
        "__metadata__ 'eigengrad.feature_mean': number 1 is malformed");
  CHECK(refusal("eigengrad.feature_scale", "1 0")
            .find("Standardizer: mean and scale of feature 1 must be finite") == 0);
  CHECK(refusal("eigengrad.feature_scale", "1 2 3").find("Standardizer: ") == 0);
}
