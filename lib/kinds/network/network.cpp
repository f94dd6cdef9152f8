// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/network/network.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/core/error.hpp"
#include "lib/run/inputs.hpp"

namespace bailiwick {

using kernels::Activation;
using kernels::GradientFormat;
using kernels::GradientWords;

namespace {

template <class View>
std::size_t bytes_of(const View& view) {
  return view.size() * sizeof(typename View::value_type);
}

}  // namespace

Architecture::Architecture(std::size_t inputs, std::vector<HiddenLayer> hidden, std::size_t outputs,
                           const std::vector<kernels::EmbeddingShape>& embeddings) {
  for (const kernels::EmbeddingShape& shape : embeddings) {
    embeddings_.push_back({shape, parameters_, inputs + embedded_inputs_});
    parameters_ += shape.levels * shape.dimension;
    embedded_inputs_ += shape.dimension;
  }
  inputs += embedded_inputs_;
  ensure(inputs > 0 && outputs > 0, "a network has inputs and outputs");
  hidden.push_back({outputs, Activation::identity, false, 0});
  for (const HiddenLayer& shape : hidden) {
    Layer& layer = layers_.emplace_back();
    static_cast<HiddenLayer&>(layer) = shape;
    layer.inputs = inputs;
    layer.weights = parameters_;
    layer.bias = layer.weights + inputs * shape.units;
    layer.gain = layer.bias + shape.units;
    layer.shift = layer.gain + (shape.layer_norm ? shape.units : 0);
    parameters_ = layer.shift + (shape.layer_norm ? shape.units : 0);
    inputs = shape.units;
  }
}

double Architecture::flops_a_row() const {
  double flops = 2.0 * static_cast<double>(embedded_inputs_ * layers_.front().units);
  for (std::size_t l = 0; l < layers_.size(); ++l)
    flops += (l == 0 ? 4.0 : 6.0) * static_cast<double>(layers_[l].inputs * layers_[l].units);
  return flops;
}

std::vector<double> Architecture::initial_parameters(std::uint64_t seed) const {
  const kernels::Philox random(seed, kernels::RandomPurpose::initial_parameters);
  std::vector<double> theta(parameters_, 0.0);
  const auto fill = [&](std::uint32_t place, std::size_t begin, std::size_t end, double bound) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto four = random(place, (i - begin) / 4);
      theta[i] = bound * (2 * kernels::unit_interval(four.word[(i - begin) % 4]) - 1);
    }
  };
  // Places of layers count up, those of tables down.
  for (std::size_t e = 0; e < embeddings_.size(); ++e) {
    const Embedding& at = embeddings_[e];
    fill(~static_cast<std::uint32_t>(e), at.table, at.table + at.levels * at.dimension,
         std::sqrt(3.0));
  }
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    fill(static_cast<std::uint32_t>(l), layer.weights, layer.gain,
         1.0 / std::sqrt(static_cast<double>(layer.inputs)));
    std::fill(theta.begin() + static_cast<std::ptrdiff_t>(layer.gain),
              theta.begin() + static_cast<std::ptrdiff_t>(layer.shift), 1.0);
  }
  return theta;
}

std::shared_ptr<const AggregateLayout> step_layout(const Architecture& architecture,
                                                   const GradientFormat& format) {
  return std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"weight", 1, wide},
                          {"loss", 1, wide},
                          {"gradient", architecture.parameters(), FixedPoint{1, format.exponent}}});
}

GradientFormat gradient_format(std::size_t blocks_a_step) {
  GradientFormat format;
  for (std::size_t blocks = 1 << 12; blocks < blocks_a_step; blocks *= 2)
    --format.contribution_bits;
  ensure(format.contribution_bits > format.exponent, "a step has fewer than 2^28 blocks");
  return format;
}

Batch::Batch(std::size_t inputs, std::size_t targets, std::size_t most_rows,
             std::size_t most_blocks, std::size_t embeddings)
    : width_(inputs),
      x_("batch", inputs * most_rows),
      code_("codes", embeddings * most_rows),
      y_("targets", targets * most_rows),
      weight_("weights", most_rows),
      number_("numbers", most_rows),
      bounds_("bounds", most_blocks + 1),
      chosen_("chosen", most_rows),
      host_bounds_(Kokkos::create_mirror_view(bounds_)),
      host_chosen_(Kokkos::create_mirror_view(chosen_)) {
  blocks_.reserve(most_blocks);
  parts_.reserve(most_blocks);
}

void Batch::start() {
  blocks_.clear();
  parts_.clear();
  rows_ = 0;
  host_bounds_(0) = 0;
}

Batch::Block Batch::next_block(const kernels::NetworkRows& from, std::size_t count,
                               std::size_t domain) {
  ensure(has_room(count), "a batch has room for its rows");
  if (parts_.empty() || parts_.back().domain != domain)
    parts_.push_back({domain, blocks_.size(), blocks_.size(), &from});
  blocks_.push_back({rows_, rows_ + count});
  parts_.back().last_block = blocks_.size();
  rows_ += count;
  host_bounds_(blocks_.size()) = rows_;
  return blocks_.back();
}

void Batch::add(const kernels::NetworkRows& from, std::size_t first,
                std::span<const std::uint32_t> chosen, std::size_t domain) {
  const Block block = next_block(from, chosen.size(), domain);
  for (std::size_t i = 0; i < chosen.size(); ++i)
    host_chosen_(block.first + i) = static_cast<std::uint32_t>(first + chosen[i]);
}

void Batch::add(const kernels::NetworkRows& from, std::size_t first, std::size_t count,
                std::size_t domain) {
  const Block block = next_block(from, count, domain);
  for (std::size_t i = 0; i < count; ++i)
    host_chosen_(block.first + i) = static_cast<std::uint32_t>(first + i);
}

void Batch::finish() {
  Kokkos::deep_copy(bounds_, host_bounds_);
  Kokkos::deep_copy(chosen_, host_chosen_);
  const kernels::BatchRows to{x_.data(),      width_,         code_.data(), y_.data(),
                              weight_.data(), number_.data(), rows_};
  for (const Part& part : parts_) {
    const auto [first, last] = rows_of(part);
    kernels::gather(*part.from, chosen_.data() + first, last - first, to, first);
  }
}

std::size_t Batch::bytes() const {
  return bytes_of(x_) + bytes_of(code_) + bytes_of(y_) + bytes_of(weight_) + bytes_of(number_) +
         bytes_of(bounds_) + bytes_of(chosen_);
}

Network::Network(Architecture architecture, std::size_t most_rows, std::span<float> parameters)
    : architecture_(std::move(architecture)),
      parameters_(parameters.empty() ? Floats("parameters", architecture_.parameters())
                                     : Floats(parameters.data(), parameters.size())),
      host_parameters_(Kokkos::create_mirror_view(parameters_)),
      row_loss_("losses", most_rows) {
  std::size_t widest = most_rows * architecture_.embedded_inputs();
  for (const Architecture::Layer& layer : architecture_.layers()) {
    const std::size_t size = most_rows * layer.units;
    widest = std::max({widest, size});
    Memory& memory = memory_.emplace_back();
    memory.value = Floats("value", size);
    if (kernels::needs_input(layer.activation)) memory.input = Floats("input", size);
    if (layer.dropout > 0) memory.kept = Floats("kept", size);
    if (!layer.layer_norm) continue;
    memory.dense = Floats("dense", size);
    memory.moments = Kokkos::View<double*, kernels::Memory>("moments", 2 * most_rows);
  }
  for (const Architecture::Layer& layer : architecture_.layers()) {
    kernels::reserve(scratch_, {most_rows, layer.units, layer.inputs});
    kernels::reserve(scratch_, {layer.inputs, layer.units, most_rows});
    kernels::reserve(scratch_, {most_rows, layer.inputs, layer.units});
  }
  if (architecture_.embedded_inputs() > 0)
    kernels::reserve(scratch_, {most_rows, architecture_.embedded_inputs(),
                                architecture_.layers().front().units});
  gradient_ = Floats("gradient", widest);
  other_ = Floats("gradient", widest);
}

std::size_t Network::bytes() const {
  std::size_t bytes = bytes_of(parameters_) + bytes_of(gradient_) + bytes_of(other_) +
                      bytes_of(row_loss_) + scratch_.bytes();
  for (const Memory& memory : memory_)
    bytes += bytes_of(memory.value) + bytes_of(memory.input) + bytes_of(memory.dense) +
             bytes_of(memory.kept) + bytes_of(memory.moments);
  return bytes;
}

void Network::set_parameters(std::span<const double> values) {
  ensure(values.size() == architecture_.parameters(), "one value a parameter");
  const auto host = Kokkos::create_mirror_view(parameters_);
  std::transform(values.begin(), values.end(), host.data(),
                 [](double value) { return static_cast<float>(value); });
  Kokkos::deep_copy(parameters_, host);
}

kernels::Dropout Network::dropout(std::size_t layer, const StepOptions& options) const {
  return {kernels::Philox(options.seed, kernels::RandomPurpose::dropout),
          static_cast<std::uint32_t>(layer), options.epoch, architecture_.layers()[layer].dropout};
}

std::span<const float> Network::host_parameters() {
  Kokkos::deep_copy(host_parameters_, parameters_);
  return {host_parameters_.data(), host_parameters_.size()};
}

const float* Network::value_of(std::size_t layer, bool dropping) const {
  const Memory& memory = memory_[layer];
  return dropping && architecture_.layers()[layer].dropout > 0 ? memory.kept.data()
                                                               : memory.value.data();
}

void Network::forward(Batch& batch, const StepOptions& options, bool dropping) {
  const float* const theta = parameters_.data();
  const std::size_t rows = batch.rows();
  for (std::size_t e = 0; e < architecture_.embeddings().size(); ++e) {
    const Architecture::Embedding& at = architecture_.embeddings()[e];
    kernels::embed(at, rows, batch.codes(e), theta + at.table,
                   {batch.x() + at.column, architecture_.inputs()});
  }
  const float* x = batch.x();
  for (std::size_t l = 0; l < memory_.size(); ++l) {
    const Architecture::Layer& layer = architecture_.layers()[l];
    const Memory& memory = memory_[l];
    const kernels::DenseShape shape{layer.inputs, layer.units};
    const kernels::DenseParameters dense{.weights = theta + layer.weights,
                                         .bias = theta + layer.bias};
    const kernels::Activated activated{
        .f = layer.activation,
        .value = memory.value.data(),
        .input = kernels::needs_input(layer.activation) ? memory.input.data() : nullptr};
    if (layer.layer_norm) {
      kernels::dense_forward(
          shape, rows, x, dense,
          {.f = Activation::identity, .value = memory.dense.data(), .input = nullptr}, scratch_);
      kernels::layer_norm_forward(layer.units, rows, memory.dense.data(),
                                  {.gain = theta + layer.gain, .shift = theta + layer.shift},
                                  memory.moments.data(), activated);
    } else {
      kernels::dense_forward(shape, rows, x, dense, activated, scratch_);
    }
    if (dropping && layer.dropout > 0)
      kernels::apply_dropout(dropout(l, options), layer.units, rows, batch.numbers(),
                             memory.value.data(), memory.kept.data());
    x = value_of(l, dropping);
  }
}

const float* Network::outputs(Batch& batch) {
  forward(batch, {}, false);
  Kokkos::fence();
  return memory_.back().value.data();
}

void Network::sum_loss(const NetworkLoss& loss, const Batch& batch, std::span<Aggregate> parts,
                       std::size_t first_domain) {
  kernels::loss_and_gradient(loss, architecture_.outputs(), memory_.back().value.data(),
                             batch.targets(), batch.bounds(),
                             {.gradient = gradient_.data(), .row_loss = row_loss_.data()});
  for (const Batch::Part& part : batch.parts()) {
    const AggregateLayout& layout = parts[part.domain - first_domain].layout();
    const auto [first, last] = batch.rows_of(part);
    std::int64_t* const words = words_[part.domain - first_domain];
    kernels::add_loss(batch.targets().weight, row_loss_.data(), first, last,
                      {words + layout.offset("weight"), words + layout.offset("loss"), words});
  }
}

void Network::add_loss(const NetworkLoss& loss, Batch& batch, std::span<Aggregate> parts) {
  words_.resize(parts.size());
  for (std::size_t d = 0; d < parts.size(); ++d)
    words_[d] = lend(d, parts[d], parts[d].layout().words());
  forward(batch, {}, false);
  sum_loss(loss, batch, parts, 0);
  Kokkos::fence();
  for (std::size_t d = 0; d < parts.size(); ++d) {
    take_back(d, parts[d]);
    parts[d].normalise();  // there may be any number of batches
  }
}

std::int64_t* Network::lend(std::size_t d, Aggregate& part, std::size_t used) {
  if constexpr (kernels::on_host) return part.words().data();
  device_words_.resize(std::max(device_words_.size(), d + 1));
  Words& words = device_words_[d];
  if (words.extent(0) != part.words().size()) words = Words("words", part.words().size());
  Kokkos::deep_copy(Kokkos::subview(words, std::pair(std::size_t{0}, used)),
                    HostWords(part.words().data(), used));
  return words.data();
}

void Network::take_back(std::size_t d, Aggregate& part) {
  if constexpr (!kernels::on_host)
    Kokkos::deep_copy(HostWords(part.words().data(), part.words().size()), device_words_[d]);
}

void Network::sum_gradient(const StepOptions& options, Batch& batch, std::span<Aggregate> parts,
                           std::size_t first_domain) {
  words_.resize(parts.size());
  const auto in_batch = [&](std::size_t d) {
    return std::ranges::find(batch.parts(), first_domain + d, &Batch::Part::domain) !=
           batch.parts().end();
  };
  for (std::size_t d = 0; d < parts.size(); ++d) {
    // backward() replaces the gradients of domains that are in the batch.
    const std::size_t stale =
        in_batch(d) ? parts[d].layout().offset("gradient") : parts[d].layout().words();
    std::fill_n(parts[d].words().begin(), stale, 0);
    if (in_batch(d)) words_[d] = lend(d, parts[d], stale);
  }
  if (batch.rows() == 0) return;
  forward(batch, options, true);
  sum_loss(options.loss, batch, parts, first_domain);
  sum_backward(options, batch, parts, first_domain);
  Kokkos::fence();
  for (std::size_t d = 0; d < parts.size(); ++d)
    if (in_batch(d)) take_back(d, parts[d]);
}

template <class Norm, class Dense, class Embedded>
void Network::backward(const StepOptions& options, const Batch& batch, const Norm& norm,
                       const Dense& dense, const Embedded& embedded) {
  const float* const theta = parameters_.data();
  const std::size_t rows = batch.rows();
  for (std::size_t l = memory_.size(); l-- > 0;) {
    const Architecture::Layer& layer = architecture_.layers()[l];
    const Memory& memory = memory_[l];
    float* const gradient = gradient_.data();
    if (layer.dropout > 0)
      kernels::apply_dropout(dropout(l, options), layer.units, rows, batch.numbers(), gradient,
                             gradient);
    // Elsewhere the product that made the gradient has done this.
    if (layer.layer_norm || layer.dropout > 0)
      kernels::activation_backward(layer.activation, rows * layer.units,
                                   memory.known(layer.activation), gradient);
    if (layer.layer_norm) {
      norm(l, gradient);
      kernels::layer_norm_backward(layer.units, rows, memory.dense.data(), memory.moments.data(),
                                   theta + layer.gain, gradient);
    }
    dense(l, l == 0 ? batch.x() : value_of(l - 1, true), gradient);
    if (l == 0) break;
    const Architecture::Layer& below = architecture_.layers()[l - 1];
    const bool plain = !below.layer_norm && below.dropout == 0;
    const Activation f = plain ? below.activation : Activation::identity;
    kernels::dense_input_gradient(
        {layer.inputs, layer.units}, rows, gradient, theta + layer.weights,
        {.f = f, .known = memory_[l - 1].known(f), .gradient = other_.data()}, scratch_);
    std::swap(gradient_, other_);
  }
  const std::size_t width = architecture_.embedded_inputs();
  if (width == 0) return;
  const Architecture::Layer& first = architecture_.layers().front();
  kernels::dense_input_gradient(
      {width, first.units}, rows, gradient_.data(),
      theta + first.weights + (first.inputs - width) * first.units,
      {.f = Activation::identity, .known = gradient_.data(), .gradient = other_.data()}, scratch_);
  embedded(other_.data());
}

void Network::sum_backward(const StepOptions& options, const Batch& batch,
                           std::span<Aggregate> parts, std::size_t first_domain) {
  const auto words_of_parameter = [&](const Batch::Part& part, std::size_t parameter) {
    std::int64_t* const words = words_[part.domain - first_domain];
    const AggregateLayout& layout = parts[part.domain - first_domain].layout();
    return GradientWords{words + layout.offset("gradient") + parameter, words, options.format};
  };
  const auto norm = [&](std::size_t l, const float* gradient) {
    const Architecture::Layer& layer = architecture_.layers()[l];
    for (const Batch::Part& part : batch.parts())
      kernels::layer_norm_parameter_gradient(layer.units, batch.bounds(part),
                                             memory_[l].dense.data(), memory_[l].moments.data(),
                                             gradient,
                                             {.gain = words_of_parameter(part, layer.gain),
                                              .shift = words_of_parameter(part, layer.shift)});
  };
  const auto dense = [&](std::size_t l, const float* x, const float* gradient) {
    const Architecture::Layer& layer = architecture_.layers()[l];
    for (const Batch::Part& part : batch.parts()) {
      const auto [first, last] = batch.rows_of(part);
      kernels::dense_parameter_gradient({layer.inputs, layer.units}, batch.bounds(part),
                                        last - first, {.x = x, .gradient = gradient},
                                        {.weights = words_of_parameter(part, layer.weights),
                                         .bias = words_of_parameter(part, layer.bias)},
                                        scratch_);
    }
  };
  const auto embedded = [&](const float* gradient) {
    const std::size_t width = architecture_.embedded_inputs();
    const Architecture::Layer& first_layer = architecture_.layers().front();
    for (const Batch::Part& part : batch.parts()) {
      const auto [first, last] = batch.rows_of(part);
      kernels::clear_words(words_of_parameter(part, 0), first_layer.weights);
      for (std::size_t e = 0; e < architecture_.embeddings().size(); ++e) {
        const Architecture::Embedding& at = architecture_.embeddings()[e];
        const std::size_t column = at.column - (first_layer.inputs - width);
        kernels::embedding_gradient(at, batch.bounds(part), last - first, batch.codes(e),
                                    {gradient + column, width}, words_of_parameter(part, at.table));
      }
    }
  };
  backward(options, batch, norm, dense, embedded);
}

void Network::row_gradients(const StepOptions& options, Batch& batch, RowGradients& to) {
  const std::size_t rows = batch.rows();
  // A copy: what the kernels hold is overwritten by the layer below.
  const auto copy = [rows](const float* from, std::size_t columns, RowGradients::Floats& host) {
    if (host.extent(0) < rows || host.extent(1) != columns)
      host = RowGradients::Floats("row gradients", std::max(rows, host.extent(0)), columns);
    Kokkos::deep_copy(
        Kokkos::View<float*, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>(
            host.data(), rows * columns),
        Kokkos::View<const float*, kernels::Memory, Kokkos::MemoryTraits<Kokkos::Unmanaged>>(
            from, rows * columns));
  };
  to.layers.resize(memory_.size());
  forward(batch, options, true);
  kernels::loss_and_gradient(options.loss, architecture_.outputs(), memory_.back().value.data(),
                             batch.targets(), batch.bounds(),
                             {.gradient = gradient_.data(), .row_loss = row_loss_.data()});
  const auto norm = [&](std::size_t l, const float* gradient) {
    const std::size_t units = architecture_.layers()[l].units;
    copy(memory_[l].dense.data(), units, to.layers[l].gain);
    copy(gradient, units, to.layers[l].shift);
    const auto moments =
        Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, memory_[l].moments);
    const auto &gain = to.layers[l].gain, &shift = to.layers[l].shift;
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t j = 0; j < units; ++j)
        gain(r, j) =
            static_cast<float>(shift(r, j) * (gain(r, j) - moments(2 * r)) * moments(2 * r + 1));
  };
  const auto dense = [&](std::size_t l, const float* x, const float* gradient) {
    copy(x, architecture_.layers()[l].inputs, to.layers[l].inputs);
    copy(gradient, architecture_.layers()[l].units, to.layers[l].dense);
  };
  const auto embedded = [&](const float* gradient) {
    copy(gradient, architecture_.embedded_inputs(), to.embedded);
    to.codes.resize(architecture_.embeddings().size() * rows);
    Kokkos::deep_copy(
        Kokkos::View<std::uint16_t*, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>(
            to.codes.data(), to.codes.size()),
        Kokkos::View<const std::uint16_t*, kernels::Memory,
                     Kokkos::MemoryTraits<Kokkos::Unmanaged>>(batch.codes(0), to.codes.size()));
  };
  backward(options, batch, norm, dense, embedded);
}

}  // namespace bailiwick
