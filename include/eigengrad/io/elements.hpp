#pragma once
// Numbers as files store them: an element's format, and its way into the types of tensors and back.
// Shared by the binary formats; leaves out their headers.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/io/half.hpp>
#include <eigengrad/kernels/copy.hpp>
#include <eigengrad/memory/scratch.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace eigengrad::detail {

/// How one element is stored.
struct ElementFormat {
  char kind = 'f';       // b(ool), i(nteger), u(nsigned), f(loat), or h for bfloat16
  Index bytes = 8;       // of one element
  bool swapped = false;  // the other byte order than this machine's
};

/// Bytes of an element are converted so many at a time.
inline constexpr Index element_chunk_bytes = 65536;

/// One stored element as T.
template <AnyScalar T, class Raw>
[[nodiscard]] inline T element_of(Raw raw) noexcept {
  if constexpr (std::same_as<Raw, Half> || std::same_as<Raw, BrainFloat>) {
    return kernels::convert<T>(float_of(raw));
  } else {
    return kernels::convert<T>(raw);
  }
}

/// One element of a tensor as it is stored.
template <class Raw, AnyScalar T>
[[nodiscard]] inline Raw stored_element(T value) noexcept {
  if constexpr (std::same_as<Raw, Half> || std::same_as<Raw, BrainFloat>) {
    return narrow_float<Raw>(static_cast<double>(value));
  } else {
    return kernels::convert<Raw>(value);
  }
}

/// out[i] = element i of `bytes`, `count` of them, whose bytes may be swapped.
template <class Raw, AnyScalar T>
void decode_elements(T* out, const std::byte* bytes, Index count, bool swapped) noexcept {
  for (Index i = 0; i < count; ++i) {
    std::byte one[sizeof(Raw)];
    std::memcpy(one, bytes + i * static_cast<Index>(sizeof(Raw)), sizeof(Raw));
    if (swapped) {
      std::reverse(one, one + sizeof(Raw));
    }
    if constexpr (std::same_as<Raw, bool>) {  // a byte other than 0 and 1 is no bool
      out[i] = element_of<T>(one[0] != std::byte{0});
    } else {
      Raw raw;
      std::memcpy(&raw, one, sizeof(Raw));
      out[i] = element_of<T>(raw);
    }
  }
}

/// The opposite: bytes of `count` elements as Raw.
template <class Raw, AnyScalar T>
void encode_elements(std::byte* bytes, const T* from, Index count, bool swapped) noexcept {
  for (Index i = 0; i < count; ++i) {
    const Raw raw = stored_element<Raw>(from[i]);
    std::byte* const one = bytes + i * static_cast<Index>(sizeof(Raw));
    std::memcpy(one, &raw, sizeof(Raw));
    if (swapped) {
      std::reverse(one, one + sizeof(Raw));
    }
  }
}

/// Calls use(Raw) with the type that a format names.
template <class Use>
void with_element_type(const ElementFormat& format, const Use& use) {
  const Index bytes = format.bytes;
  switch (format.kind) {
    case 'b':
      return use(bool{});
    case 'i':
      return bytes == 1   ? use(std::int8_t{})
             : bytes == 2 ? use(std::int16_t{})
             : bytes == 4 ? use(std::int32_t{})
                          : use(std::int64_t{});
    case 'u':
      return bytes == 1   ? use(std::uint8_t{})
             : bytes == 2 ? use(std::uint16_t{})
             : bytes == 4 ? use(std::uint32_t{})
                          : use(std::uint64_t{});
    case 'h':
      return use(BrainFloat{});
    default:
      return bytes == 2 ? use(Half{}) : bytes == 4 ? use(float{}) : use(double{});
  }
}

/// Fills `out` with elements in the order of the file; read(to, bytes) gives the next bytes.
template <AnyScalar T, class Read>
void read_elements(const ElementFormat& format, T* out, Index count, Read& read) {
  with_element_type(format, [&]<class Raw>(Raw /*type*/) {
    constexpr auto item = static_cast<Index>(sizeof(Raw));
    if constexpr (std::same_as<Raw, T> && !std::same_as<T, bool>) {
      if (!format.swapped) {
        read(out, count * item);
        return;
      }
    }
    Scratch<std::byte> chunk(std::min(count * item, element_chunk_bytes));
    for (Index done = 0; done < count;) {
      const Index now = std::min(count - done, element_chunk_bytes / item);
      read(chunk.data(), now * item);
      decode_elements<Raw>(out + done, chunk.data(), now, format.swapped);
      done += now;
    }
  });
}

/// Gives elements as bytes in a format to write(from, bytes), in order.
template <AnyScalar T, class Write>
void write_elements(const ElementFormat& format, const T* from, Index count, Write& write) {
  with_element_type(format, [&]<class Raw>(Raw /*type*/) {
    constexpr auto item = static_cast<Index>(sizeof(Raw));
    if constexpr (std::same_as<Raw, T>) {
      if (!format.swapped) {
        write(from, count * item);
        return;
      }
    }
    Scratch<std::byte> chunk(std::min(count * item, element_chunk_bytes));
    for (Index done = 0; done < count;) {
      const Index now = std::min(count - done, element_chunk_bytes / item);
      encode_elements<Raw>(chunk.data(), from + done, now, format.swapped);
      write(chunk.data(), now * item);
      done += now;
    }
  });
}

}  // namespace eigengrad::detail
