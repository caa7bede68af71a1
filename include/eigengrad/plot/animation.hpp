#pragma once
// Pictures one after another as one SVG that moves by itself, in a page and as an image: style
// sheets alone, no script. Leaves out anything between two pictures.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/plot/svg.hpp>
#include <eigengrad/tensor/random.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad::plot {

/// Times below a million seconds.
struct AnimationOptions {
  double seconds_per_frame = 0.25;
  /// How much longer the last frame stays before all begins again.
  double seconds_at_end = 2;
};

}  // namespace eigengrad::plot

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_animation(double frame, double end) {
  throw_error<ValueError>(
      "animation",
      {"seconds_per_frame must be in (0, 1e6) and seconds_at_end in [0, 1e6): ", frame, ", ", end});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_no_frames() {
  throw_error<ValueError>("animation", {"there are no frames"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_frame(std::size_t frame, std::string_view what) {
  throw_error<ValueError>("animation", {"frame ", frame, " ", what});
}

/// A picture's first tag, and the elements right below it.
struct SvgElements {
  std::string_view head;
  std::vector<std::string_view> elements;
};

[[nodiscard]] inline SvgElements svg_elements(std::string_view svg, std::size_t frame) {
  const std::size_t end_of_head = svg.find('>');
  if (!svg.starts_with("<svg") || end_of_head == std::string_view::npos) {
    throw_frame(frame, "does not begin with <svg");
  }
  SvgElements parts{svg.substr(0, end_of_head + 1), {}};
  int depth = 0;
  std::size_t begin = end_of_head + 1;
  for (std::size_t at = svg.find('<', begin); at != std::string_view::npos;
       at = svg.find('<', at)) {
    const std::size_t end = svg.find('>', at);
    if (end == std::string_view::npos) {
      break;
    }
    const bool closes = svg[at + 1] == '/';
    const bool empty = svg[end - 1] == '/';
    depth += closes ? -1 : (empty ? 0 : 1);
    if (depth < 0) {
      return parts;
    }
    at = end + 1;
    if (depth == 0) {
      parts.elements.push_back(svg.substr(begin, at - begin));
      begin = at;
    }
  }
  throw_frame(frame, "is not closed");
}

/// What the names in an animation's style sheet begin with. The sheets of a page's pictures act on
/// all of them: other animations have other names.
[[nodiscard]] inline std::string animation_name(const std::vector<std::string>& frames,
                                                const plot::AnimationOptions& options) {
  std::string all =
      json_number(options.seconds_per_frame) + " " + json_number(options.seconds_at_end);
  for (const std::string& frame : frames) {
    all += frame;
  }
  char digits[16];
  const auto hash = static_cast<std::uint32_t>(hash_text(all));
  return "frame-" +
         std::string(digits, std::to_chars(digits, digits + sizeof digits, hash, 16).ptr);
}

/// When a frame is seen: hidden before and after, in shares of the whole.
[[nodiscard]] inline std::string frame_rule(std::string_view name, std::size_t frame,
                                            std::size_t frames, double begin, double end) {
  const auto percent = [](double share) { return shown_number(100 * share, 12) + "%"; };
  std::string rule = concat("@keyframes ", name, "-", frame,
                            " { 0% { visibility: ", frame == 0 ? "visible" : "hidden", "; } ");
  if (frame > 0) {
    rule += percent(begin) + " { visibility: visible; } ";
  }
  if (frame + 1 < frames) {
    rule += percent(end) + " { visibility: hidden; } ";
  }
  return rule + "}\n";
}

/// The style sheet of all frames; where motion is not wanted, or not known, the last one is seen.
[[nodiscard]] inline std::string animation_style(std::string_view name, std::size_t frames,
                                                 const plot::AnimationOptions& options) {
  const double all =
      options.seconds_per_frame * static_cast<double>(frames) + options.seconds_at_end;
  std::string style = concat("\n<style>\n.", name, " { visibility: hidden; } .", name,
                             ".last { visibility: visible; }\n");
  for (std::size_t i = 0; i < frames; ++i) {
    const double share = options.seconds_per_frame / all;
    style += frame_rule(name, i, frames, share * static_cast<double>(i),
                        share * static_cast<double>(i + 1));
  }
  return style + concat("@media (prefers-reduced-motion: no-preference) { .", name,
                        " { animation: ", shown_number(all, 6),
                        "s step-end infinite; } }\n</style>");
}

}  // namespace eigengrad::detail

namespace eigengrad::plot {

/// One SVG that shows the pictures in turn, for ever. They are pictures of this library of one size
/// and title; elements at the beginning and at the end that all of them share are written once.
/// A reader who asked for less motion sees the last one, and so does what cannot animate. A page
/// can hold several of them.
///
/// Throws:    ValueError for no frames, frames that are no SVG pictures of one size and title, or
///            times out of their range
[[nodiscard]] inline std::string animation(const std::vector<std::string>& frames,
                                           const AnimationOptions& options = {}) {
  namespace parts = eigengrad::detail;
  if (frames.empty()) {
    parts::throw_no_frames();
  }
  if (!(options.seconds_per_frame > 0 && options.seconds_per_frame < 1e6 &&
        options.seconds_at_end >= 0 && options.seconds_at_end < 1e6)) {
    parts::throw_animation(options.seconds_per_frame, options.seconds_at_end);
  }
  std::vector<parts::SvgElements> pictures;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    pictures.push_back(parts::svg_elements(frames[i], i));
    if (pictures[i].head != pictures[0].head) {
      parts::throw_frame(i, "has another size or title than the first one");
    }
  }
  const std::vector<std::string_view>& first = pictures[0].elements;
  std::size_t before = first.size();
  std::size_t after = first.size();
  for (const auto& [head, elements] : pictures) {
    std::size_t same = 0;
    while (same < before && same < elements.size() && elements[same] == first[same]) {
      ++same;
    }
    before = same;
  }
  for (const auto& [head, elements] : pictures) {
    std::size_t same = 0;
    while (same < after && same + before < std::min(first.size(), elements.size()) &&
           elements[elements.size() - 1 - same] == first[first.size() - 1 - same]) {
      ++same;
    }
    after = same;
  }
  std::string svg(pictures[0].head);
  const auto add = [&](const std::vector<std::string_view>& elements, std::size_t from,
                       std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      svg += elements[i];
    }
  };
  add(first, 0, before);
  const std::string name = parts::animation_name(frames, options);
  svg += parts::animation_style(name, frames.size(), options);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const bool last = i + 1 == pictures.size();
    svg += parts::concat("\n<g class=\"", name, last ? " last" : "",
                         "\" style=\"animation-name: ", name, "-", i, "\">");
    add(pictures[i].elements, before, pictures[i].elements.size() - after);
    svg += "\n</g>";
  }
  add(first, first.size() - after, first.size());
  return svg + "\n</svg>\n";
}

}  // namespace eigengrad::plot
