// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/onnx/graph.hpp"

#include <bit>

#include "lib/core/version.hpp"

// Numbers of fields are those of onnx.proto
// (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
namespace bailiwick {

namespace {

static_assert(std::endian::native == std::endian::little, "raw tensors are little-endian");

constexpr std::int64_t ir_version = 10, operators = 21, classical_operators = 4;
constexpr std::string_view classical = "ai.onnx.ml";

template <class T>
std::string_view raw_bytes(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

ProtobufMessage attribute_message(const char* name, const OnnxGraph::Attribute& value) {
  enum Type : std::int64_t { single = 1, integer = 2, string = 3, integers = 7, strings = 8 };
  ProtobufMessage message;
  message.text(1, name);
  const auto put = [&]<class T>(const T& held) {
    if constexpr (std::is_same_v<T, std::int64_t>) {
      message.integer(3, held);
      message.integer(20, integer);
    } else if constexpr (std::is_same_v<T, float>) {
      message.single(2, held);
      message.integer(20, single);
    } else if constexpr (std::is_same_v<T, std::string>) {
      message.text(4, held);
      message.integer(20, string);
    } else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) {
      message.integers(8, held);
      message.integer(20, integers);
    } else {
      for (const std::string& text : held)
        message.text(9, text);
      message.integer(20, strings);
    }
  };
  std::visit(put, value);
  return message;
}

ProtobufMessage value_info(const std::string& name, OnnxType type, std::size_t columns,
                           const std::string& about) {
  ProtobufMessage rows, width, shape, tensor, kind, info;
  rows.text(2, "rows");
  width.integer(1, static_cast<std::int64_t>(columns));
  shape.message(1, rows);
  shape.message(1, width);
  tensor.integer(1, static_cast<std::int64_t>(type));
  tensor.message(2, shape);
  kind.message(1, tensor);
  info.text(1, name);
  info.message(2, kind);
  info.text(3, about);
  return info;
}

}  // namespace

OnnxGraph::Value OnnxGraph::input(const std::string& name, OnnxType type,
                                  const std::string& about) {
  inputs_.message(11, value_info(name, type, 1, about));
  return name;
}

void OnnxGraph::output(const std::string& name, OnnxType type, std::size_t columns,
                       const Value& value, const std::string& about) {
  ProtobufMessage node;
  node.text(1, value);
  node.text(2, name);
  node.text(3, "output " + name);
  node.text(4, "Identity");
  nodes_.message(1, node);
  outputs_.message(12, value_info(name, type, columns, about));
}

OnnxGraph::Value OnnxGraph::numbers(std::span<const double> values,
                                    std::vector<std::int64_t> lengths) {
  return constant(OnnxType::float64, raw_bytes(values), std::move(lengths));
}

OnnxGraph::Value OnnxGraph::floats(std::span<const float> values,
                                   std::vector<std::int64_t> lengths) {
  return constant(OnnxType::float32, raw_bytes(values), std::move(lengths));
}

OnnxGraph::Value OnnxGraph::integers(std::span<const std::int64_t> values,
                                     std::vector<std::int64_t> lengths) {
  return constant(OnnxType::int64, raw_bytes(values), std::move(lengths));
}

OnnxGraph::Value OnnxGraph::constant(OnnxType type, std::string_view raw,
                                     std::vector<std::int64_t> lengths) {
  ProtobufMessage tensor;
  tensor.integers(1, lengths);
  tensor.integer(2, static_cast<std::int64_t>(type));
  tensor.text(9, raw);
  const auto [known, is_new] = known_.try_emplace(tensor.bytes());
  if (!is_new) return known->second;
  known->second = "constant_" + std::to_string(known_.size());
  tensor.text(8, known->second);
  constants_.message(5, tensor);
  return known->second;
}

OnnxGraph::Value OnnxGraph::add(std::string_view op, std::vector<Value> inputs,
                                const Attributes& attributes) {
  const bool is_classical = op.starts_with(classical);
  if (is_classical) op.remove_prefix(classical.size() + 1);
  std::string name = std::string(op) + "_" + std::to_string(++made_[std::string(op)]);
  ProtobufMessage node;
  for (const Value& value : inputs)
    node.text(1, value);
  node.text(2, name);
  node.text(3, name);
  node.text(4, op);
  for (const auto& [key, value] : attributes)
    node.message(5, attribute_message(key, value));
  if (is_classical) node.text(7, classical);
  nodes_.message(1, node);
  return name;
}

std::string OnnxGraph::file(const std::string& name, const std::string& about,
                            const std::map<std::string, std::string>& metadata) const {
  ProtobufMessage title, core, ml, model;
  title.text(2, name);
  title.text(10, about);
  core.text(1, "");
  core.integer(2, operators);
  ml.text(1, classical);
  ml.integer(2, classical_operators);
  model.integer(1, ir_version);
  model.text(2, "Bailiwick");
  model.text(3, version());
  model.text(6, about);
  // The fields of one message, one after another, are the message.
  model.text(
      7, nodes_.bytes() + title.bytes() + constants_.bytes() + inputs_.bytes() + outputs_.bytes());
  model.message(8, core);
  model.message(8, ml);
  for (const auto& [key, value] : metadata) {
    ProtobufMessage entry;
    entry.text(1, key);
    entry.text(2, value);
    model.message(14, entry);
  }
  return model.bytes();
}

}  // namespace bailiwick
