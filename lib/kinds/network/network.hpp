// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kokkos_kernels/network/embeddings.hpp"
#include "kokkos_kernels/network/layers.hpp"
#include "kokkos_kernels/network/losses.hpp"
#include "kokkos_kernels/network/network_rows.hpp"
#include "lib/boundary/aggregate.hpp"

namespace bailiwick {

/// A hidden layer of a multi-layer perceptron: dense, layer norm, activation, dropout.
struct HiddenLayer {
  std::size_t units = 0;
  kernels::Activation activation = kernels::Activation::relu;
  bool layer_norm = false;
  double dropout = 0;
};

/// The shapes of a network and where its parameters lie: the tables of embedded categories (levels
/// x dimension, row-major), then layer by layer the weights (inputs x outputs, row-major), the bias
/// and, with layer norm, gain and shift.
class Architecture {
 public:
  struct Layer : HiddenLayer {
    std::size_t inputs = 0;
    std::size_t weights = 0, bias = 0, gain = 0, shift = 0;  ///< first parameter of each
  };
  struct Embedding : kernels::EmbeddingShape {
    std::size_t table = 0;   ///< first parameter
    std::size_t column = 0;  ///< of the first layer's inputs, the first that is the vector
  };

  /// `inputs`: numbers; the vectors of embedded categories come after them.
  Architecture(std::size_t inputs, std::vector<HiddenLayer> hidden, std::size_t outputs,
               const std::vector<kernels::EmbeddingShape>& embeddings = {});

  const std::vector<Layer>& layers() const { return layers_; }
  const std::vector<Embedding>& embeddings() const { return embeddings_; }
  /// Of the first layer, and how many of them are elements of vectors.
  std::size_t inputs() const { return layers_.front().inputs; }
  std::size_t embedded_inputs() const { return embedded_inputs_; }
  std::size_t outputs() const { return layers_.back().units; }
  std::size_t parameters() const { return parameters_; }
  /// Multiplications and additions of the dense layers, forward and backward, for one row.
  double flops_a_row() const;

  /// Uniform on +-1/sqrt(inputs of the layer), as PyTorch begins; gain 1, shift 0; tables uniform
  /// with variance 1, where PyTorch is normal with variance 1. A function of the seed.
  std::vector<double> initial_parameters(std::uint64_t seed) const;

 private:
  std::vector<Embedding> embeddings_;
  std::vector<Layer> layers_;
  std::size_t parameters_ = 0, embedded_inputs_ = 0;
};

using kernels::NetworkLoss;

/// What a gradient depends on besides parameters and rows.
struct StepOptions {
  NetworkLoss loss;
  kernels::GradientFormat format;
  std::uint64_t seed = 0, epoch = 0;  ///< decide what is dropped out
};

/// The sums of a step: rows' weights, their losses, and the gradient of the summed loss.
std::shared_ptr<const AggregateLayout> step_layout(const Architecture& architecture,
                                                   const kernels::GradientFormat& format);
/// For steps of so many blocks: the more there are, the less each may contribute.
kernels::GradientFormat gradient_format(std::size_t blocks_a_step);

/// The rows of a step on this rank, gathered from their blocks. Room for so many rows is taken
/// once.
class Batch {
 public:
  struct Block {
    std::size_t first, last;  ///< rows in the batch
  };
  /// Consecutive blocks of one local domain.
  struct Part {
    std::size_t domain;
    std::size_t first_block, last_block;
    const kernels::NetworkRows* from;
  };
  /// `inputs` of the first layer, of which `embeddings` categories' vectors are not filled in here.
  Batch(std::size_t inputs, std::size_t targets, std::size_t most_rows, std::size_t most_blocks,
        std::size_t embeddings = 0);

  void start();
  /// For one more block of so many rows.
  bool has_room(std::size_t rows) const {
    return rows_ + rows <= chosen_.extent(0) && blocks_.size() + 1 < bounds_.extent(0);
  }
  /// Appends a block: rows first + chosen[0], first + chosen[1], ... of a local domain. Domains
  /// come one after another.
  void add(const kernels::NetworkRows& from, std::size_t first,
           std::span<const std::uint32_t> chosen, std::size_t domain);
  /// The same of rows first to first + count.
  void add(const kernels::NetworkRows& from, std::size_t first, std::size_t count,
           std::size_t domain);
  /// Copies what was added; no more will be.
  void finish();

  std::size_t rows() const { return rows_; }
  const std::vector<Part>& parts() const { return parts_; }
  float* x() { return x_.data(); }
  const float* x() const { return x_.data(); }
  /// One a row: the level of the e-th embedded category.
  const std::uint16_t* codes(std::size_t e) const { return code_.data() + e * rows_; }
  kernels::Targets targets() const { return {y_.data(), weight_.data(), rows_}; }
  kernels::BlockBounds bounds() const { return {bounds_.data(), blocks_.size()}; }
  kernels::BlockBounds bounds(const Part& part) const {
    return {bounds_.data() + part.first_block, part.last_block - part.first_block};
  }
  Block rows_of(const Part& part) const {
    return {blocks_[part.first_block].first, blocks_[part.last_block - 1].last};
  }
  const std::uint64_t* numbers() const { return number_.data(); }
  std::size_t bytes() const;

 private:
  Block next_block(const kernels::NetworkRows& from, std::size_t count, std::size_t domain);

  std::vector<Block> blocks_;
  std::vector<Part> parts_;
  std::size_t rows_ = 0, width_;
  Kokkos::View<float*, kernels::Memory> x_;
  Kokkos::View<std::uint16_t*, kernels::Memory> code_;
  Kokkos::View<double*, kernels::Memory> y_, weight_;
  Kokkos::View<std::uint64_t*, kernels::Memory> number_;
  Kokkos::View<std::size_t*, kernels::Memory> bounds_;
  Kokkos::View<std::uint32_t*, kernels::Memory> chosen_;
  decltype(bounds_)::HostMirror host_bounds_;
  decltype(chosen_)::HostMirror host_chosen_;
};

/// What the gradients of a batch's rows are made of, each by itself, where the host can read it:
/// rows x columns, row-major.
struct RowGradients {
  using Floats = Kokkos::View<float**, Kokkos::LayoutRight, Kokkos::HostSpace>;
  struct Layer {
    Floats inputs;       ///< x of x W + b
    Floats dense;        ///< gradient of that; of W it is inputs' dense, of b itself
    Floats gain, shift;  ///< of layer norm; else empty
  };
  std::vector<Layer> layers;
  Floats embedded;                   ///< of the vectors of embedded categories, side by side
  std::vector<std::uint16_t> codes;  ///< these categories' levels: of the first one's rows, …
};

/// A multi-layer perceptron with room for batches of a certain size. Local to the rank.
class Network {
 public:
  /// `parameters`: memory of somebody else's to keep them in, which must outlive this; empty: own.
  Network(Architecture architecture, std::size_t most_rows, std::span<float> parameters = {});

  const Architecture& architecture() const { return architecture_; }
  /// Parameters as float32, where kernels can read them.
  float* parameters() { return parameters_.data(); }
  void set_parameters(std::span<const double> values);
  /// A copy of them, or where they are if the host can read them; until the next call.
  std::span<const float> host_parameters();

  // All of these fill the vectors of embedded categories into the batch.

  /// rows x outputs, where kernels can read them; valid until the next call. Nothing is dropped
  /// out.
  const float* outputs(Batch& batch);

  /// Adds the weights and losses of a batch to `parts`, one a local domain.
  void add_loss(const NetworkLoss& loss, Batch& batch, std::span<Aggregate> parts);
  /// The same and the gradients; what was in `parts` is replaced. `parts` are those of local
  /// domains from `first_domain` on.
  void sum_gradient(const StepOptions& options, Batch& batch, std::span<Aggregate> parts,
                    std::size_t first_domain = 0);
  /// Of each row by itself, the gradient of its loss; `to` is used again if it has room.
  void row_gradients(const StepOptions& options, Batch& batch, RowGradients& to);

  std::size_t bytes() const;

 private:
  using Floats = Kokkos::View<float*, kernels::Memory>;
  using Words = Kokkos::View<std::int64_t*, kernels::Memory>;
  using HostWords =
      Kokkos::View<std::int64_t*, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  /// What forward() leaves for backward(): rows x units each, empty if not needed.
  struct Memory {
    Floats value;                                    ///< after the activation
    Floats input;                                    ///< before it, where its derivative needs that
    Floats dense;                                    ///< before layer norm
    Floats kept;                                     ///< after dropout
    Kokkos::View<double*, kernels::Memory> moments;  ///< of layer norm
    const float* known(kernels::Activation f) const {
      return kernels::needs_input(f) ? input.data() : value.data();
    }
  };

  /// Drops out units if `dropping`.
  void forward(Batch& batch, const StepOptions& options, bool dropping);
  /// From the last layer to the first, calls norm(layer, gradient of what layer norm gives), where
  /// there is such, dense(layer, its inputs, gradient of x W + b), and at the end embedded(gradient
  /// of the embedded inputs). All are rows x columns, and stay until the call returns.
  template <class Norm, class Dense, class Embedded>
  void backward(const StepOptions& options, const Batch& batch, const Norm& norm,
                const Dense& dense, const Embedded& embedded);
  void sum_backward(const StepOptions& options, const Batch& batch, std::span<Aggregate> parts,
                    std::size_t first_domain);
  void sum_loss(const NetworkLoss& loss, const Batch& batch, std::span<Aggregate> parts,
                std::size_t first_domain);
  const float* value_of(std::size_t layer, bool dropping) const;

  /// The words of the d-th part where kernels can add to them, the first `used` as they are: its
  /// own, or on a GPU copies that take_back() brings home.
  std::int64_t* lend(std::size_t d, Aggregate& part, std::size_t used);
  void take_back(std::size_t d, Aggregate& part);
  kernels::Dropout dropout(std::size_t layer, const StepOptions& options) const;

  Architecture architecture_;
  Floats parameters_;
  Floats::HostMirror host_parameters_;
  std::vector<Memory> memory_;
  Floats gradient_, other_;
  Kokkos::View<double*, kernels::Memory> row_loss_;
  std::vector<std::int64_t*> words_;  ///< of each part, lent
  std::vector<Words> device_words_;
  kernels::GemmScratch scratch_;
};

}  // namespace bailiwick
