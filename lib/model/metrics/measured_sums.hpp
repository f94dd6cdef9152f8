// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "lib/boundary/aggregate.hpp"
#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/core/undefined.hpp"

// What metrics read from a total.
namespace bailiwick {

inline std::shared_ptr<const AggregateLayout> make_layout(std::vector<Stream> streams) {
  return std::make_shared<const AggregateLayout>(std::move(streams));
}

/// The values of a stream, after checking that every contribution fitted.
inline std::vector<double> checked_values(Aggregate& total, const char* stream) {
  total.normalise();
  if (total.saturated() != 0) {
    throw Error(ExitCode::data,
                "predictions are not finite or too far from the target to sum; are these the "
                "columns, and their standardisation, that the model was trained on?");
  }
  return total.values(stream);
}

/// Not a number if the total has no such stream: it was left out.
inline double checked_value(Aggregate& total, const char* stream) {
  return total.layout().has(stream) ? checked_values(total, stream).front() : undefined;
}

/// Not a number where there is nothing to divide by: 0 would read as a perfect loss.
inline double ratio_of(double a, double b) {
  return b == 0 ? undefined : a / b;
}

/// JSON has no word for what is not a number.
inline Json defined_or_null(double value) {
  return std::isnan(value) ? Json() : Json(value);
}

}  // namespace bailiwick
