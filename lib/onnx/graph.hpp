// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lib/onnx/protobuf.hpp"

namespace bailiwick {

/// Element types of ONNX's TensorProto.
enum class OnnxType : std::int64_t { float32 = 1, int64 = 7, string = 8, float64 = 11 };

/// A graph of ONNX operators over tables of rows: every value has rows as its first axis, whose
/// length is free, or is a constant. Values are named by what made them: "Sub_3".
class OnnxGraph {
 public:
  using Value = std::string;
  using Attribute = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>,
                                 std::vector<std::string>>;
  using Attributes = std::vector<std::pair<const char*, Attribute>>;

  /// A column of rows x 1, and a sentence about it.
  Value input(const std::string& name, OnnxType type, const std::string& about);
  /// rows x `columns`.
  void output(const std::string& name, OnnxType type, std::size_t columns, const Value& value,
              const std::string& about);

  Value number(double value) { return numbers({&value, 1}, {}); }
  /// Row-major, of these lengths; none: a scalar.
  Value numbers(std::span<const double> values, std::vector<std::int64_t> lengths);
  Value floats(std::span<const float> values, std::vector<std::int64_t> lengths);
  Value integers(std::span<const std::int64_t> values, std::vector<std::int64_t> lengths);

  /// `op` may name its domain: "ai.onnx.ml.LabelEncoder".
  Value add(std::string_view op, std::vector<Value> inputs, const Attributes& attributes = {});
  Value cast(const Value& value, OnnxType to) {
    return add("Cast", {value}, {{"to", static_cast<std::int64_t>(to)}});
  }

  /// The bytes of a file: a ModelProto of IR version 10, operators 21 and ai.onnx.ml 4.
  std::string file(const std::string& name, const std::string& about,
                   const std::map<std::string, std::string>& metadata) const;

 private:
  Value constant(OnnxType type, std::string_view raw, std::vector<std::int64_t> lengths);

  ProtobufMessage nodes_, constants_, inputs_, outputs_;  ///< fields of a GraphProto
  std::map<std::string, Value, std::less<>> known_;       ///< constants by what they hold
  std::map<std::string, std::size_t, std::less<>> made_;  ///< values by their operator
};

}  // namespace bailiwick
