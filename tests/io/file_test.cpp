#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/io/file.hpp>
#include <eigengrad/io/npy.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <csignal>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace eg = eigengrad;

TEST_CASE("file: what is written is read", "[io][file]") {
  const ScratchFolder folder;
  const std::string path = folder / "a";
  const std::string bytes("one\0two\xff\r\n", 10);
  eg::write_file(path, bytes);
  CHECK(eg::read_file(path) == bytes);
  eg::write_file(path, "");
  CHECK(eg::read_file(path).empty());
  CHECK(folder.files() == std::vector<std::string>{"a"});
}

TEST_CASE("file: a missing file, a folder and a device are refused", "[io][file]") {
  const ScratchFolder folder;
  const std::string missing = folder / "missing.npy";
  CHECK_THROWS_TEXT(eg::read_file(missing), eg::FileError,
                    "read_file: " + missing + ": cannot open: No such file or directory");
  CHECK_THROWS_TEXT(eg::load_npy<float>(missing), eg::FileError,
                    "load_npy: " + missing + ": cannot open: No such file or directory");
  CHECK_THROWS_TEXT(eg::npy_info(missing), eg::FileError,
                    "npy_info: " + missing + ": cannot open: No such file or directory");
  const std::string itself = folder / ".";
  CHECK_THROWS_TEXT(eg::read_file(itself), eg::FileError,
                    "read_file: " + itself + ": is a directory");
  CHECK_THROWS_TEXT(eg::read_file("/dev/null"), eg::FileError,
                    "read_file: /dev/null: is not a file");
}

TEST_CASE("file: a write that fails leaves nothing behind", "[io][file]") {
  const ScratchFolder folder;
  const std::string no_folder = folder / "none/x.npy";
  CHECK_THROWS_TEXT(eg::save_npy(no_folder, eg::zeros<float>({2})), eg::FileError,
                    "save_npy: " + no_folder + ": cannot create: No such file or directory");
  const std::string taken = folder / "folder";
  REQUIRE(::mkdir(taken.c_str(), 0777) == 0);
  CHECK_THROWS_TEXT(eg::write_file(taken, "text"), eg::FileError,
                    "write_file: " + taken + ": cannot replace: Is a directory");
  CHECK(folder.files() == std::vector<std::string>{"folder"});
}

TEST_CASE("file: a full disk leaves the old file", "[io][file]") {
  const ScratchFolder folder;
  const std::string path = folder / "x.npy";
  eg::write_file(path, "old");
  // A limit on the size of files stands for the full disk.
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit little{1000, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &little) == 0);
  std::string message = "saved";
  try {
    eg::save_npy(path, eg::zeros<double>({1000}));
  } catch (const eg::FileError& error) {
    message = error.what();
  }
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);
  CHECK(message == "save_npy: " + path + ": cannot write: File too large");
  CHECK(eg::read_file(path) == "old");
  CHECK(folder.files() == std::vector<std::string>{"x.npy"});
}

TEST_CASE("file: nothing is replaced before commit", "[io][file]") {
  const ScratchFolder folder;
  const std::string path = folder / "x";
  eg::write_file(path, "old");
  {
    eg::detail::AtomicFile file("write_file", path);
    file.write("new content", 11);
    CHECK(eg::read_file(path) == "old");
    CHECK(folder.files().size() == 2);
  }
  CHECK(eg::read_file(path) == "old");
  CHECK(folder.files() == std::vector<std::string>{"x"});
}

TEST_CASE("file: a file that shrinks while it is read is refused", "[io][file]") {
  const ScratchFolder folder;
  const std::string path = folder / "x";
  eg::write_file(path, "12345678");
  eg::detail::InputFile file("read_file", path);
  CHECK(file.size() == 8);
  REQUIRE(::truncate(path.c_str(), 5) == 0);
  char bytes[8];
  CHECK_THROWS_TEXT(file.read(bytes, 8), eg::FileError,
                    "read_file: " + path + ": shrank while it was read: byte 5");
}

TEST_CASE("file: text is cut and cleaned for one line of an error", "[io][file]") {
  CHECK(eg::detail::shown_text("plain") == "plain");
  CHECK(eg::detail::shown_text("a\nb\x7f\t") == "a?b??");
  CHECK(eg::detail::shown_text(std::string(41, 'x')) == std::string(40, 'x') + "...");
  // Not in the middle of a character: the euro sign has three bytes.
  const std::string euros = std::string(39, 'x') + "\xe2\x82\xac" + "y";
  CHECK(eg::detail::shown_text(euros) == std::string(39, 'x') + "\xe2\x82\xac...");
}
