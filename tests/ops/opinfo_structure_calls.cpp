// The rows of positions, joins, shapes, linear algebra and losses.

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/linalg.hpp>
#include <eigengrad/torch.hpp>

#include <ops/opinfo_calls.hpp>

namespace eg = eigengrad;

namespace opinfo {

namespace {

constexpr Bounds equal{};

Results padded(const Arguments& a) {
  const Tensor<double>& x = a["input"];
  // PyTorch's pairs begin with the last axis; axes that have none are not padded.
  const std::vector<Index> pairs = a.list("pad");
  std::vector<eg::Padding> p(static_cast<std::size_t>(x.rank()));
  for (std::size_t i = 0; 2 * i < pairs.size(); ++i) {
    p[p.size() - 1 - i] = {pairs[2 * i], pairs[2 * i + 1]};
  }
  const double value = a.number("value", 0);
  switch (p.size()) {
    case 2:
      return eg::pad(x, {p[0], p[1]}, value);
    case 3:
      return eg::pad(x, {p[0], p[1], p[2]}, value);
    case 4:
      return eg::pad(x, {p[0], p[1], p[2], p[3]}, value);
    case 5:
      return eg::pad(x, {p[0], p[1], p[2], p[3], p[4]}, value);
    default:
      throw eg::Error("opinfo", "padding of a tensor with other than 2 to 5 axes");
  }
}

void add_positions(std::vector<Call>& rows) {
  constexpr Bounds sums{0, 1e-14};  // a position taken twice adds up
  rows.push_back({"gather", "gather", sums, [](const Arguments& a) -> Results {
                    return eg::gather(a["input"], a.integer("dim", 0), a.positions("index"));
                  }});
  rows.push_back({"index_select", "index_select", sums, [](const Arguments& a) -> Results {
                    return eg::index_select(a["input"], a.integer("dim", 0), a.positions("index"));
                  }});
  rows.push_back({"select", "select", equal, [](const Arguments& a) -> Results {
                    return eg::select(a["input"], a.integer("dim", 0), a.integer("index", 0));
                  }});
  rows.push_back({"narrow", "slice", equal, [](const Arguments& a) -> Results {
                    const Index start = a.integer("start", 0);
                    return eg::slice(a["input"], a.integer("dim", 0), start,
                                     start + a.integer("length", 0));
                  }});
  rows.push_back({"slice", "slice", equal, [](const Arguments& a) -> Results {
                    return eg::slice(a["input"], a.integer("dim", 0), a.integer("start", 0),
                                     a.integer("end", eg::to_end), a.integer("step", 1));
                  }});
  rows.push_back({"split", "slice", equal, [](const Arguments& a) -> Results {
                    return eg::split(a["input"], a.integer("sizes", 0), a.integer("dim", 0));
                  }});
  for (const std::string_view op : {"split.list_args", "split_with_sizes"}) {
    rows.push_back({op, "slice", equal, [](const Arguments& a) -> Results {
                      return with_list(a.list("sizes"), [&a](Axes sizes) {
                        return eg::split(a["input"], sizes, a.integer("dim", 0));
                      });
                    }});
  }
}

void add_joins(std::vector<Call>& rows) {
  rows.push_back({"cat", "concat", equal, [](const Arguments& a) -> Results {
                    return eg::concat(a.tensors(), a.integer("dim", 0));
                  }});
  rows.push_back({"stack", "concat, unsqueeze", equal, [](const Arguments& a) -> Results {
                    return eg::stack(a.tensors(), a.integer("dim", 0));
                  }});
  rows.push_back({"nn.functional.pad.constant", "pad", equal, padded});
  rows.push_back({"constant_pad_nd", "pad", equal, padded});
  rows.push_back({"tril", "where", equal, [](const Arguments& a) -> Results {
                    return eg::tril(a["input"], a.integer("diagonal", 0));
                  }});
  rows.push_back({"triu", "where", equal, [](const Arguments& a) -> Results {
                    return eg::triu(a["input"], a.integer("diagonal", 0));
                  }});
}

/// PyTorch's -1 in an extent of expand: as it is.
eg::Shape expanded_shape(const Arguments& a) {
  const eg::Shape& from = a["input"].shape();
  const std::vector<Index> extents = a.list("shape");
  eg::Shape shape;
  for (std::size_t i = 0; i < extents.size(); ++i) {
    const int axis = static_cast<int>(i) + from.rank() - static_cast<int>(extents.size());
    shape.push_back(extents[i] == -1 ? from[axis] : extents[i]);
  }
  return shape;
}

void add_shapes(std::vector<Call>& rows) {
  constexpr Bounds sums{0, 1e-14};  // the gradient is summed over the new positions
  for (const std::string_view op : {"reshape", "view"}) {
    rows.push_back({op, "reshape", equal, [](const Arguments& a) -> Results {
                      return with_list(a.list("shape"), [&a](Axes extents) {
                        return eg::reshape(a["input"], extents);
                      });
                    }});
  }
  rows.push_back({"flatten", "flatten", equal, [](const Arguments& a) -> Results {
                    return eg::flatten(a["input"], a.integer("start_dim", 0),
                                       a.integer("end_dim", -1));
                  }});
  rows.push_back({"ravel", "flatten", equal,
                  [](const Arguments& a) -> Results { return eg::flatten(a["input"]); }});
  rows.push_back({"transpose", "transpose", equal, [](const Arguments& a) -> Results {
                    return eg::transpose(a["input"], a.integer("dim0", 0), a.integer("dim1", 0));
                  }});
  for (const std::string_view op : {"t", "T"}) {
    rows.push_back({op, "transpose", equal,
                    [](const Arguments& a) -> Results { return eg::transpose(a["input"]); }});
  }
  rows.push_back({"permute", "permute", equal, [](const Arguments& a) -> Results {
                    return with_list(a.list("dims"),
                                     [&a](Axes axes) { return eg::permute(a["input"], axes); });
                  }});
  for (const std::string_view op : {"squeeze", "squeeze.multiple"}) {
    rows.push_back({op, "squeeze", equal, [](const Arguments& a) -> Results {
                      return a.has("dim") ? eg::squeeze(a["input"], a.list("dim").at(0))
                                          : eg::squeeze(a["input"]);
                    }});
  }
  rows.push_back({"unsqueeze", "unsqueeze", equal, [](const Arguments& a) -> Results {
                    return eg::unsqueeze(a["input"], a.integer("dim", 0));
                  }});
  for (const std::string_view op : {"expand", "broadcast_to"}) {
    rows.push_back({op, "expand", sums, [](const Arguments& a) -> Results {
                      return eg::expand(a["input"], expanded_shape(a));
                    }});
  }
  rows.push_back({"clone", "clone", equal,
                  [](const Arguments& a) -> Results { return eg::clone(a["input"]); }});
  rows.push_back({"contiguous", "contiguous", equal,
                  [](const Arguments& a) -> Results { return eg::contiguous(a["input"]); }});
  rows.push_back({"float", "cast", equal, [](const Arguments& a) -> Results {
                    return eg::cast<double>(eg::cast<float>(a["input"]));
                  }});
}

Results solved(const Arguments& a) {
  const Tensor<double>& matrix = a["input"];
  const Tensor<double>& right = a["other"];
  if (!a.flag("left", true)) {
    return eg::transpose(eg::solve(eg::transpose(matrix), eg::transpose(right)));
  }
  // PyTorch takes a right side of one axis less than the matrices as a batch of vectors.
  if (right.rank() > 1 && right.rank() == matrix.rank() - 1) {
    return eg::squeeze(eg::solve(matrix, eg::unsqueeze(right, -1)), -1);
  }
  return eg::solve(matrix, right);
}

void add_linear_algebra(std::vector<Call>& rows) {
  constexpr Bounds close{1e-13, 1e-13};
  rows.push_back({"linalg.solve", "solve", close, solved});
  rows.push_back({"linalg.inv", "inverse", close,
                  [](const Arguments& a) -> Results { return eg::inverse(a["input"]); }});
  rows.push_back({"linalg.cholesky", "cholesky", close, [](const Arguments& a) -> Results {
                    const Tensor<double> lower = eg::cholesky(a["input"]);
                    return a.flag("upper") ? eg::transpose(lower) : lower;
                  }});
  rows.push_back({"logdet", "slogdet", close,
                  [](const Arguments& a) -> Results { return eg::logdet(a["input"]); }});
  rows.push_back({"linalg.slogdet", "slogdet", close, [](const Arguments& a) -> Results {
                    const auto result = eg::slogdet(a["input"]);
                    return std::vector<Tensor<double>>{result.sign, result.logabsdet};
                  }});
  rows.push_back(
      {"linalg.solve_triangular", "triangular_solve", close, [](const Arguments& a) -> Results {
         return eg::triangular_solve(a["input"], a["other"],
                                     {.upper = a.flag("upper"),
                                      .left = a.flag("left", true),
                                      .unitriangular = a.flag("unitriangular")});
       }});
}

/// The options of a loss. PyTorch's weights broadcast against the input; ours have a place each.
eg::LossOptions<double> loss_options(const Arguments& a) {
  eg::LossOptions<double> options;
  if (a.has("reduction")) {
    const std::string& reduction = a.text("reduction");
    options.reduction = reduction == "none"  ? eg::LossReduction::none
                        : reduction == "sum" ? eg::LossReduction::sum
                                             : eg::LossReduction::mean;
  }
  if (a.holds("weight")) {
    options.weights = eg::broadcast_to(a["weight"], a["input"].shape());
  }
  return options;
}

/// PyTorch's axis 1, that of the classes, as the last one.
Tensor<double> classes_last(const Tensor<double>& x) {
  std::vector<Index> axes;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis != 1) {
      axes.push_back(axis);
    }
  }
  axes.push_back(1);
  return with_list(axes, [&x](Axes order) { return eg::permute(x, order); });
}

Results class_loss(const Arguments& a) {
  const Tensor<double> z = classes_last(a["input"]);
  if (a.sample().tensors[1].kind == 'i') {
    return eg::cross_entropy(z, a.positions("target"), loss_options(a));
  }
  return eg::cross_entropy(z, classes_last(a["target"]), loss_options(a));
}

void add_losses(std::vector<Call>& rows) {
  constexpr Bounds close{1e-13, 1e-14};
  constexpr std::string_view constant = "no gradient into the target";
  rows.push_back(
      {"nn.functional.mse_loss", "mean_squared_error", close, [](const Arguments& a) -> Results {
         return eg::mean_squared_error(a["input"], a["target"], loss_options(a));
       }});
  rows.push_back(
      {"nn.functional.l1_loss", "mean_absolute_error", close, [](const Arguments& a) -> Results {
         return eg::mean_absolute_error(a["input"], a["target"], loss_options(a));
       }});
  rows.push_back({"nn.functional.huber_loss", "huber", close, [](const Arguments& a) -> Results {
                    return eg::huber(a["input"], a["target"], a.number("delta", 1),
                                     loss_options(a));
                  }});
  rows.push_back({"nn.functional.binary_cross_entropy", "clamped_binary_cross_entropy", close,
                  [](const Arguments& a) -> Results {
                    return eg::clamped_binary_cross_entropy(a["input"], a["target"],
                                                            loss_options(a));
                  },
                  "no gradient into the target; binary_cross_entropy itself clips as Keras does"});
  rows.push_back(
      {"nn.functional.binary_cross_entropy_with_logits", "binary_cross_entropy_with_logits", close,
       [](const Arguments& a) -> Results {
         return eg::binary_cross_entropy_with_logits(a["input"], a["target"], loss_options(a));
       },
       constant});
  rows.push_back({"nn.functional.cross_entropy", "cross_entropy, permute", close, class_loss,
                  "no gradient into the target; the classes are the last axis, PyTorch's axis 1"});
}

}  // namespace

std::vector<Call> structure_calls() {
  std::vector<Call> rows;
  add_positions(rows);
  add_joins(rows);
  add_shapes(rows);
  add_linear_algebra(rows);
  add_losses(rows);
  return rows;
}

}  // namespace opinfo
