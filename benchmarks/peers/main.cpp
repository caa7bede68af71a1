// The program around a peer: NAME.cpp gives the contestant, this the conversation with the driver.

#include "../step/contestant.hpp"
#include "../step/protocol.hpp"
#include "peer.hpp"

#include <cstdio>
#include <exception>

EIGENGRAD_COUNT_HEAP_CALLS;

int main(int argc, char** argv) {
  using namespace step_bench;
  try {
    const Arguments arguments = parse_arguments(argc, argv);
    const Work work = work_named(arguments.work);
    const auto contestant =
        make_peer(make_problem(arguments.shape, work, arguments.data), work, arguments.threads);
    return serve(*contestant, arguments, PEER_VERSION);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
