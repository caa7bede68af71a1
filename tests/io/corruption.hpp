#pragma once
// What every reader of a binary format must survive: each truncated prefix of a valid file is an
// error that names file and byte, and each file with one byte changed is such an error or valid.

#include "support/catch.hpp"

#include <eigengrad/base/error.hpp>

#include <cstddef>
#include <string>

/// How often parse(bytes) refused, of all its calls.
struct Refusals {
  int refused = 0;
  int calls = 0;
};

/// parse(bytes) reads a file called `name`; every prefix but the whole must be refused.
template <class Parse>
Refusals check_prefixes(const std::string& name, const std::string& bytes, const Parse& parse) {
  Refusals count;
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    INFO("the first " << length << " of " << bytes.size() << " bytes");
    ++count.calls;
    try {
      // A copy of exactly this size, so that the address sanitizer sees a read past its end.
      parse(std::string(bytes.data(), length));
      FAIL_CHECK("accepted");
    } catch (const eigengrad::FileError& error) {
      ++count.refused;
      if (error.file() != name || error.offset() < 0) {
        FAIL_CHECK("no place in the error: " << error.what());
      }
    }
  }
  return count;
}

/// Every byte is changed in its eight bits one by one, and in all of them.
template <class Parse>
Refusals check_flips(const std::string& name, const std::string& bytes, const Parse& parse) {
  Refusals count;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const unsigned mask : {1U, 2U, 4U, 8U, 16U, 32U, 64U, 128U, 255U}) {
      std::string flipped = bytes;
      flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ mask);
      INFO("byte " << at << " with the bits " << mask << " changed");
      ++count.calls;
      try {
        parse(flipped);
      } catch (const eigengrad::FileError& error) {
        ++count.refused;
        if (error.file() != name || error.offset() < 0) {
          FAIL_CHECK("no place in the error: " << error.what());
        }
      }
    }
  }
  return count;
}
