// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/optim/replay.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

#include "lib/core/error.hpp"

namespace bailiwick {

namespace {

/// A question's name: 52 bits of a hash (FNV-1a) of all that is asked, exact in a double. It need
/// only tell a solver that goes another way from one that does not.
class Question {
 public:
  explicit Question(int kind) { add(static_cast<std::uint64_t>(kind)); }
  Question& operator<<(std::span<const double> values) {
    for (const double value : values)
      add(std::bit_cast<std::uint64_t>(value));
    return *this;
  }
  double name() const { return static_cast<double>(hash_ >> 12); }

 private:
  void add(std::uint64_t word) {
    for (int byte = 0; byte < 8; ++byte) {
      hash_ = (hash_ ^ (word & 0xff)) * 0x100000001b3;
      word >>= 8;
    }
  }
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

void fits(bool holds) {
  if (!holds)
    throw Error(ExitCode::data,
                "not a checkpoint of this training: the solver's arrays do not fit");
}

}  // namespace

const double* Replay::recall(double question) {
  if (next_ < questions_.size() && questions_[next_] == question) {
    const double* const answer = answers_.data() + offset_;
    offset_ += static_cast<std::size_t>(lengths_[next_++]);
    return answer;
  }
  questions_.resize(next_);
  lengths_.resize(next_);
  answers_.resize(offset_);
  return nullptr;
}

void Replay::remember(double question, const std::vector<double>& answer) {
  questions_.push_back(question);
  lengths_.push_back(static_cast<double>(answer.size()));
  answers_.insert(answers_.end(), answer.begin(), answer.end());
  next_ = questions_.size();
  offset_ = answers_.size();
}

Evaluation Replay::evaluate(std::span<const double> theta, Order order) {
  const double question = (Question(static_cast<int>(order)) << theta).name();
  Evaluation result;
  if (const double* from = recall(question)) {
    const double* const end = answers_.data() + offset_;
    fits(end - from >= 4 && from[3] >= 0 && from[3] <= static_cast<double>(end - from - 4));
    result.value = from[0];
    result.log_likelihood = from[1];
    result.saturated = static_cast<std::int64_t>(from[2]);
    const double* const hessian = from + 4 + static_cast<std::ptrdiff_t>(from[3]);
    result.gradient.assign(from + 4, hessian);
    result.hessian.assign(hessian, end);
    return result;
  }
  result = objective_.evaluate(theta, order);
  std::vector<double> answer{result.value, result.log_likelihood,
                             static_cast<double>(result.saturated),
                             static_cast<double>(result.gradient.size())};
  answer.insert(answer.end(), result.gradient.begin(), result.gradient.end());
  answer.insert(answer.end(), result.hessian.begin(), result.hessian.end());
  remember(question, answer);
  return result;
}

std::vector<double> Replay::hessian_times(std::span<const double> theta,
                                          std::span<const double> v) {
  const double question = (Question(-1) << theta << v).name();
  if (const double* from = recall(question)) {
    const double* const end = answers_.data() + offset_;
    fits(end - from == static_cast<std::ptrdiff_t>(size()));
    return {from, end};
  }
  std::vector<double> product = objective_.hessian_times(theta, v);
  remember(question, product);
  return product;
}

State Replay::state() const {
  return {
      {"solver/questions", questions_}, {"solver/lengths", lengths_}, {"solver/answers", answers_}};
}

void Replay::restore(const State& state) {
  questions_ = array_of(state, "solver/questions");
  lengths_ = array_of(state, "solver/lengths");
  answers_ = array_of(state, "solver/answers");
  fits(questions_.size() == lengths_.size());
  double total = 0;
  for (const double length : lengths_) {
    fits(length >= 0 && length == std::floor(length));
    total += length;
  }
  fits(total == static_cast<double>(answers_.size()));
  next_ = offset_ = 0;
}

}  // namespace bailiwick
