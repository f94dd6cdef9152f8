// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/onnx/c_header.hpp"

#include <algorithm>
#include <cctype>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/core/version.hpp"
#include "lib/core/words.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/kinds/network/predictor.hpp"
#include "lib/onnx/c_columns.hpp"

namespace bailiwick {

namespace {

using kernels::InverseLink;

class CHeader {
 public:
  CHeader(const ScoringModel& scored, const std::vector<double>& times)
      : scored_(scored),
        model_(scored.model),
        times_(times),
        cumulative_(survival_hazards(scored, times)),
        prefix_(CNames().identifier(scored.metadata.at("bailiwick.run")) + "_"),
        functions_(prefix_),
        columns_(functions_, scored),
        family_(kind_of(model_.config).family(model_.config)) {}

  std::string text() {
    const std::string predictors = model_.config.kind->network ? network() : linear_predictors();
    const std::string predict = prediction();
    std::string guard = prefix_ + "MODEL_H";
    std::ranges::transform(guard, guard.begin(), [](unsigned char c) { return std::toupper(c); });
    std::string about;
    for (const std::string& line : about_model()) {
      about += line.empty() ? " *" : c_comment(line, " * ", " * ");
      about += '\n';
    }
    return fmt::format(
        "/*\n{0} */\n#ifndef {1}\n#define {1}\n\n#include <math.h>\n\n"
        "#ifdef __FAST_MATH__\n#error \"-ffast-math changes what is predicted\"\n#endif\n\n"
        "/* A row: a number that is missing is NAN, a category that is missing is 0, \"\" or "
        "\"(missing)\". */\ntypedef struct {{\n{2}}} {3}row;\n{4}\n"
        "/* What predictions follow from; 0: the row has none. */\n"
        "static inline int {3}eta(const {3}row *row, double eta[{5}]) {{\n{6}}}\n\n{7}\n"
        "#endif /* {1} */\n",
        about, guard, columns_.members(), prefix_, functions_.text(), outputs_, predictors,
        predict);
  }

 private:
  /// What the comment at the top says, a paragraph each.
  std::vector<std::string> about_model() const {
    std::vector<std::string> lines{
        fmt::format("A model of kind {} that scores one row as `bailiwick predict` does, with the "
                    "same bits: {}predict(), at the end.",
                    model_.config.kind->name, prefix_),
        ""};
    for (const auto& [key, value] : scored_.metadata)
      lines.push_back(fmt::format("{}: {}", key, value));
    lines.insert(
        lines.end(),
        {"", "Written by Bailiwick " + version() + ".", "",
         "C99, or C++17. It needs <math.h>, takes no memory, keeps nothing between calls and may "
         "be called by several threads at once. The bits hold where double and float are those of "
         "IEEE 754, rounded to nearest, and the compiler computes what is written: "
         "-ffp-contract=off (which -std=c99 is for GCC), no -ffast-math. fma() is quick where the "
         "processor has it."});
    return lines;
  }

  /// `const double x[] = {…};` of these columns of the model.
  std::string standardised(const std::vector<std::size_t>& list) {
    std::string text = fmt::format("  const double x[{}] = {{\n", list.size());
    for (std::size_t i = 0; i < list.size(); ++i)
      text += fmt::format("      {}{} {}", columns_.standardised(list[i]),
                          i + 1 < list.size() ? "," : "",
                          c_comment(model_.names[list[i]], "/* ", " ") + " */\n");
    return text + "  };\n";
  }

  /// Behind what the expressions name.
  std::string whole(const std::string& body) const {
    const std::string undefined = columns_.undefined();
    const std::string test =
        undefined.empty() ? "" : c_lines("if (" + undefined + ") return 0;", "  ", "      ");
    return columns_.statements() + test + (test.empty() ? "" : "\n") + body;
  }

  /// As kernels::linear_predictor adds: the offset, numbers in order, then a number a category.
  std::string linear_predictors() {
    const bool ordinal = model_.config.kind->name == std::string_view("ordinal");
    const bool survival = model_.config.kind->response(model_.config) == kernels::Response::hazard;
    outputs_ = family_ != nullptr || survival || ordinal ? 1 : model_.categories.size() - 1;
    const std::size_t p = model_.names.size(), first = scored_.columns.intercept ? 1 : 0;
    const auto factor = [&](std::size_t c) {
      return c < first ? std::nullopt : scored_.columns.factor[c - first];
    };
    std::vector<std::size_t> numbers;
    for (std::size_t c = 0; c < p; ++c)
      if (!factor(c)) numbers.push_back(c);
    const std::string offset = columns_.offset();
    std::string body = numbers.empty() ? "" : standardised(numbers);
    for (std::size_t k = 0; k < outputs_; ++k) {
      const std::string which = outputs_ == 1 ? "" : fmt::format("_{}", k + 1);
      std::vector<double> theta;
      std::vector<std::vector<double>> cells;  // a level each, of each category
      for (const std::size_t feature : scored_.columns.factors)
        cells.emplace_back(scored_.schema.features[feature].levels.size());
      for (std::size_t c = 0; c < p; ++c) {
        const double own = model_.parameters[k * p + c];
        if (!factor(c)) {
          theta.push_back(own);
          continue;
        }
        const double scaled = model_.scale[c] * own;
        cells[*factor(c)][*scored_.columns.features[c - first].level] = scaled;
        if (model_.mean[c] != 0) theta.at(0) -= model_.mean[c] * scaled;
      }
      std::string start = offset;
      if (!theta.empty()) {
        body += c_array("theta" + which, std::span<const double>(theta));
        start = fmt::format("{}({}, x, theta{}, {})", functions_.use("linear"), offset, which,
                            theta.size());
      }
      std::string sums = fmt::format("  eta[{}] = {};\n", k, start);
      for (std::size_t f = 0; f < cells.size(); ++f) {
        const std::string code = columns_.code(scored_.columns.factors[f]);
        const std::string table = "cells" + code.substr(code.find('_')) + which;
        body += c_array(table, std::span<const double>(cells[f]));
        sums += fmt::format("  eta[{}] += {}[{}];\n", k, table, code);
      }
      body += sums;
    }
    body += fmt::format("  return {}(eta, {});\n", functions_.use("complete"), outputs_);
    return whole(body);
  }

  std::vector<float> floats(std::size_t first, std::size_t size) const {
    const auto begin = model_.parameters.begin() + static_cast<std::ptrdiff_t>(first);
    return {begin, begin + static_cast<std::ptrdiff_t>(size)};
  }

  /// Numbers and indicators, then vectors of levels, through the layers.
  std::string network() {
    const Architecture architecture = architecture_of(model_);
    outputs_ = std::max<std::size_t>(architecture.outputs(), 2) - 1;
    std::vector<std::size_t> numbers;
    std::vector<std::vector<std::size_t>> levels(model_.embeddings.size());
    for (std::size_t j = 0; j < scored_.columns.features.size(); ++j) {
      const auto found =
          std::ranges::find_if(model_.embeddings, [&](const EmbeddedCategory& embedded) {
            return scored_.columns.factor[j] == embedded.factor;
          });
      if (found == model_.embeddings.end())
        numbers.push_back(j);
      else
        levels[static_cast<std::size_t>(found - model_.embeddings.begin())].push_back(
            *scored_.columns.features[j].level);
    }
    std::string body = numbers.empty() ? "" : standardised(numbers);
    std::string steps = fmt::format("  float z_0[{}];\n", architecture.inputs());
    if (!numbers.empty())
      steps += fmt::format(
          "  if (!{0}(x, {1})) return 0;\n  for (int j = 0; j < {1}; ++j) z_0[j] = (float)x[j];\n",
          functions_.use("complete"), numbers.size());
    for (std::size_t e = 0; e < levels.size(); ++e) {
      const Architecture::Embedding& at = architecture.embeddings()[e];
      const std::size_t category = scored_.columns.factors[model_.embeddings[e].factor];
      std::vector<std::size_t> place(scored_.schema.features[category].levels.size(), 0);
      for (std::size_t i = 0; i < levels[e].size(); ++i)
        place[levels[e][i]] = i + 1;
      std::vector<float> table;
      for (const std::size_t row : place)
        std::ranges::copy(floats(at.table + row * at.dimension, at.dimension),
                          std::back_inserter(table));
      const std::string code = columns_.code(category);
      const std::string name = "vectors" + code.substr(code.find('_'));
      body += c_array(name, std::span<const float>(table));
      steps += fmt::format("  for (int j = 0; j < {0}; ++j) z_0[{1} + j] = {2}[{3} * {0} + j];\n",
                           at.dimension, at.column, name, code);
    }
    for (std::size_t l = 0; l < architecture.layers().size(); ++l)
      add_layer(architecture.layers()[l], l, body, steps);
    const std::string z = fmt::format("z_{}", architecture.layers().size());
    if (architecture.outputs() == 1)
      steps += fmt::format("  eta[0] = fma({}, (double){}[0], {});\n",
                           c_number(model_.target_deviation), z, c_number(model_.target_mean));
    else
      steps += fmt::format(
          "  for (int k = 0; k < {0}; ++k) eta[k] = (double){1}[k + 1] - (double){1}[0];\n",
          outputs_, z);
    steps += fmt::format("  return {}(eta, {});\n", functions_.use("complete"), outputs_);
    return whole(body + steps);
  }

  void add_layer(const Architecture::Layer& layer, std::size_t l, std::string& arrays,
                 std::string& steps) {
    const std::string n = std::to_string(l + 1);
    const auto array = [&](const char* what, std::size_t first, std::size_t size) {
      const std::vector<float> values = floats(first, size);
      arrays += c_array(what + n, std::span<const float>(values));
      return what + n;
    };
    const std::string weights = array("weights_", layer.weights, layer.inputs * layer.units);
    const std::string bias = array("bias_", layer.bias, layer.units);
    steps += fmt::format("  float z_{0}[{1}];\n  {2}(z_{3}, {4}, {5}, {6}, {1}, z_{0});\n", n,
                         layer.units, functions_.use("dense"), l, layer.inputs, weights, bias);
    if (layer.layer_norm) {
      const std::string gain = array("gain_", layer.gain, layer.units);
      const std::string shift = array("shift_", layer.shift, layer.units);
      steps += fmt::format("  {}(z_{}, {}, {}, {});\n", functions_.use("layer_norm"), n,
                           layer.units, gain, shift);
    }
    if (layer.activation == kernels::Activation::identity) return;
    const std::string activation =
        functions_.use(fmt::format("activation_{}", to_word(layer.activation)));
    steps += fmt::format("  for (int j = 0; j < {0}; ++j) z_{1}[j] = {2}(z_{1}[j]);\n", layer.units,
                         n, activation);
  }

  std::string prediction() {
    if (family_ != nullptr)
      return fmt::format(
          "{0}static inline double {1}predict(const {1}row *row) {{\n  double eta[1];\n"
          "  if (!{1}eta(row, eta)) return NAN;\n  return {2};\n}}\n",
          comment(fmt::format("The {} of {}; NAN: the row has none.", family_->prediction,
                              model_.config.target)),
          prefix_, mean());
    if (!model_.categories.empty()) return classes();
    return hazards();
  }

  static std::string comment(const std::string& text) {
    return c_comment(text, "/* ", "   ") + " */\n";
  }

  std::string mean() {
    switch (kind_of(model_.config).inverse_link(model_.config)) {
      case InverseLink::identity:
        break;
      case InverseLink::logistic:
        return functions_.use("sigmoid") + "(eta[0])";
      case InverseLink::exponential:
        return functions_.use("exp") + "(eta[0])";
      case InverseLink::normal:
        return functions_.use("probit") + "(eta[0])";
      case InverseLink::complementary_log_log:
        return functions_.use("cloglog") + "(eta[0])";
    }
    return "eta[0]";
  }

  std::string classes() {
    const std::vector<std::string>& names = model_.categories;
    const std::size_t count = names.size();
    functions_.use("softmax");
    std::string odds;
    if (model_.config.kind->name == std::string_view("ordinal")) {
      const std::span<const double> zeta =
          std::span<const double>(model_.parameters).subspan(model_.names.size());
      std::vector<double> gaps(count, 0.0);
      for (std::size_t k = 1; k < zeta.size(); ++k)
        gaps[k] = exact::log(-exact::expm1(-(zeta[k] - zeta[k - 1])));
      odds = c_array("zeta", zeta) + c_array("gap", std::span<const double>(gaps)) +
             fmt::format(
                 "  double odds[{0}];\n"
                 "  for (int k = 1; k < {1}; ++k)\n"
                 "    odds[k - 1] = {2}(k, eta[0], zeta, gap, {0}) - {2}(0, eta[0], zeta, gap, "
                 "{0});\n",
                 count - 1, count, functions_.use("ordinal"));
    }
    return fmt::format(
        "/* The name of a category. */\nstatic inline const char *{0}category(int k) {{\n{1}"
        "  return k >= 0 && k < {2} ? categories[k] : \"\";\n}}\n\n{3}"
        "static inline int {0}predict(const {0}row *row, double probabilities[{2}]) {{\n"
        "  double eta[{4}];\n  if (!{0}eta(row, eta)) {{\n"
        "    for (int k = 0; k < {2}; ++k) probabilities[k] = NAN;\n    return -1;\n  }}\n{5}"
        "  {0}softmax({6}, {2}, probabilities);\n"
        "  return {0}likeliest(probabilities, {2});\n}}\n",
        prefix_, c_array("categories", std::span<const std::string>(names)), count,
        comment(fmt::format("Fills in the probabilities of {}: {}. Returns the likeliest; -1, and "
                            "NAN for each: the row has none.",
                            model_.config.target, join(names))),
        outputs_, odds, odds.empty() ? "eta" : "odds");
  }

  std::string hazards() {
    const std::string exp = functions_.use("exp");
    std::string words = "hazard_ratio: of the row beside one of the mean; NAN: the row has none.";
    std::string parameter, survival;
    if (!times_.empty()) {
      std::string at;
      for (const double time : times_)
        at += (at.empty() ? "" : ", ") + round_trip(time);
      words += " Fills in survival at " + at + ".";
      parameter = fmt::format(", double survival[{}]", times_.size());
      survival = c_array("hazard", std::span<const double>(cumulative_)) +
                 fmt::format(
                     "  for (int t = 0; t < {}; ++t) survival[t] = isnan(ratio) ? NAN : "
                     "{}(-hazard[t] * ratio);\n",
                     times_.size(), exp);
    }
    return fmt::format(
        "{0}static inline double {1}predict(const {1}row *row{2}) {{\n  double eta[1];\n"
        "  const double ratio = {1}eta(row, eta) ? {3}(eta[0]) : NAN;\n{4}  return ratio;\n}}\n",
        comment(words), prefix_, parameter, exp, survival);
  }

  const ScoringModel& scored_;
  const SavedModel& model_;
  const std::vector<double>& times_;
  const std::vector<double> cumulative_;  ///< hazards at these times
  const std::string prefix_;
  CFunctions functions_;
  CColumns columns_;
  const kernels::FamilyMembers* family_;
  std::size_t outputs_ = 0;
};

}  // namespace

std::string c_header(const ScoringModel& scored, const std::vector<double>& survival_at) {
  return CHeader(scored, survival_at).text();
}

}  // namespace bailiwick
