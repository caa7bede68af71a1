#pragma once
// The table that Module::summary() gives, as text. Leaves out what goes into it: module.hpp and
// sequential.hpp.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad::nn {

/// One line: a layer or parameter, a shape and its number of values.
struct SummaryRow {
  std::string name;
  std::string shape;
  Index count = 0;
};

/// The kind of the model and the titles of the first two columns.
struct SummaryTitles {
  std::string_view model;
  std::string_view name;
  std::string_view shape;
};

}  // namespace eigengrad::nn

namespace eigengrad::detail {

/// "12,345"
[[nodiscard]] inline std::string grouped_digits(Index value) {
  std::string text = std::to_string(value);
  for (auto at = static_cast<Index>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return text;
}

/// The shape of a batch with its first extent left open: "(None, 128)".
[[nodiscard]] inline std::string batch_shape_text(const Shape& shape) {
  std::string text = shape.rank() == 0 ? "(" : "(None";
  for (int axis = 1; axis < shape.rank(); ++axis) {
    text += ", " + std::to_string(shape[axis]);
  }
  return text + (shape.rank() == 1 ? ",)" : ")");
}

}  // namespace eigengrad::detail

namespace eigengrad::nn {

/// A table as Keras prints it: the rows between rules, then the totals. Every line ends with a
/// newline, none with a blank.
[[nodiscard]] inline std::string format_summary(const SummaryTitles& titles,
                                                const std::vector<SummaryRow>& rows, Index total,
                                                Index trainable) {
  std::size_t name_width = titles.name.size();
  std::size_t shape_width = titles.shape.size();
  std::size_t count_width = std::string_view("Param #").size();
  for (const SummaryRow& row : rows) {
    name_width = std::max(name_width, row.name.size());
    shape_width = std::max(shape_width, row.shape.size());
    count_width = std::max(count_width, detail::grouped_digits(row.count).size());
  }
  const auto line = [&](std::string_view name, std::string_view shape, std::string_view count) {
    std::string text(name);
    text.append(name_width + 2 - name.size(), ' ').append(shape);
    text.append(shape_width + 2 - shape.size(), ' ');
    return text.append(count_width - count.size(), ' ').append(count) + "\n";
  };
  const std::string rule(name_width + shape_width + count_width + 4, '-');
  std::string text = "Model: " + std::string(titles.model) + "\n" + rule + "\n";
  text += line(titles.name, titles.shape, "Param #") + rule + "\n";
  for (const SummaryRow& row : rows) {
    text += line(row.name, row.shape, detail::grouped_digits(row.count));
  }
  text += rule + "\nTotal params: " + detail::grouped_digits(total);
  text += "\nTrainable params: " + detail::grouped_digits(trainable);
  return text + "\nNon-trainable params: " + detail::grouped_digits(total - trainable) + "\n";
}

}  // namespace eigengrad::nn
