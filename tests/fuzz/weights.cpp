// load_model and load_mlp_safetensors on any bytes: the description in the metadata as well.

#include "fuzz.hpp"

#include <eigengrad/train/mlp_safetensors.hpp>
#include <eigengrad/train/model_file.hpp>
#include <eigengrad/train/table_text.hpp>

#include <sys/mman.h>
#include <unistd.h>
#include <utility>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace eg = eigengrad;
  const int file = ::memfd_create("fuzz", MFD_CLOEXEC);
  if (file < 0 || ::write(file, data, size) != static_cast<ssize_t>(size)) {
    fuzz::stop("no file in memory");
  }
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  const auto read = [&](const auto& load) {
    fuzz::run(
        data, size,
        [&](std::span<const std::byte> /*bytes*/) {
          for (const auto& parameter : load().parameters()) {
            fuzz::use<float>(parameter);
          }
        },
        fuzz::Place::maybe, path);
  };
  read([&] { return eg::train::load_model<float>(path); });
  read([&] {
    auto trained = eg::train::load_mlp_safetensors<float>(path);
    if (!trained.table.empty()) {
      static_cast<void>(eg::train::table_schema(trained, path));
    }
    return std::move(trained.model);
  });
  ::close(file);
  return 0;
}
