#pragma once
// --explain: which features matter to the model, and why it decides as it does where it is best and
// where it is worst.

#include "options.hpp"
#include "training.hpp"

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/explain.hpp>
#include <eigengrad/report.hpp>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace trainer {

/// Bars named as the features.
[[nodiscard]] inline std::vector<eg::plot::Bar> feature_bars(
    const std::vector<std::string>& names, const eg::Tensor<double>& values,
    const eg::Tensor<double>& errors = {}) {
  std::vector<eg::plot::Bar> bars;
  for (eg::Index i = 0; i < values.size(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    bars.push_back({at < names.size() ? names[at] : "feature " + std::to_string(i), values.at(i),
                    errors.defined() ? errors.at(i) : 0.0});
  }
  return bars;
}

/// Adds the features' importances on the test data, and attributions of its best and its worst row:
/// those with the least and the greatest loss.
inline void add_explanations(eg::report::Report& report, const Options& options, const Parts& parts,
                             eg::train::TrainedMlp<float>& trained) {
  trained.model.eval();
  with_loss(
      options, trained.mlp.task, parts,
      [&](const auto& /*train*/, const auto& test, const auto& loss) {
        const auto importance =
            eg::explain::permutation_importance(trained.model, test, loss, {.seed = options.seed});
        report.add_picture(
            "What matters", "importance",
            eg::plot::bar_chart(feature_bars(trained.feature_names, importance.importances_mean,
                                             importance.importances_std),
                                {.title = "Features by permutation importance",
                                 .axis_label = "rise of the test loss when shuffled"}));

        eg::Index best = 0;
        eg::Index worst = 0;
        std::vector<double> losses;
        for (eg::Index row = 0; row < test.x.extent(0); ++row) {
          const eg::NoGrad no_grad;
          losses.push_back(
              static_cast<double>(loss(trained.model(eg::slice(test.x, 0, row, row + 1)),
                                       eg::slice(test.y, 0, row, row + 1))
                                      .item()));
          best = losses.back() < losses[static_cast<std::size_t>(best)] ? row : best;
          worst = losses.back() > losses[static_cast<std::size_t>(worst)] ? row : worst;
        }
        for (const auto& [name, row] : {std::pair{"best", best}, std::pair{"worst", worst}}) {
          const eg::Tensor<float> x = eg::contiguous(eg::slice(test.x, 0, row, row + 1));
          const bool classes = trained.mlp.task == eg::train::Task::multiclass;
          // Of several classes the true one's score; else the one output there is.
          const auto why = eg::explain::integrated_gradients(
              trained.model, x,
              {.target = classes ? eg::explain::Target(static_cast<eg::Index>(test.y.at(row)))
                                 : eg::explain::Target(),
               .steps = 200});
          const std::string of =
              trained.mlp.task == eg::train::Task::regression ? "the standardised prediction"
              : classes
                  ? "the score of " + trained.class_names[static_cast<std::size_t>(test.y.at(row))]
                  : "the probability of " + trained.class_names[1];
          report.add_picture(
              std::string("The ") + name + " prediction", std::string(name) + "-prediction",
              eg::plot::bar_chart(
                  feature_bars(trained.feature_names,
                               eg::cast<double>(eg::reshape(why.attributions, {-1}))),
                  {.title = "Test row " + std::to_string(row) + ", loss " +
                            eg::detail::shown_number(losses[static_cast<std::size_t>(row)], 3) +
                            ", by integrated gradients",
                   .axis_label = "part of " + of + ", against an average row"}));
        }
      });
}

}  // namespace trainer
