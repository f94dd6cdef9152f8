// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/checkpoint/content_digest.hpp"

#include <algorithm>

#include "io/checkpoint/layout.hpp"
#include "io/h5/hash_fields.hpp"
#include "lib/core/error.hpp"
#include "lib/core/helper_thread.hpp"

namespace bailiwick::io::detail {

ContentDigest::ContentDigest(const std::map<std::string, std::string>& attributes,
                             std::size_t arrays)
    : count_(arrays) {
  for (const auto& attribute : attributes)
    if (!attribute.first.starts_with(run_prefix)) defining_.push_back(attribute);
}

ContentDigest::ContentDigest(const std::map<std::string, std::string>& attributes,
                             const std::map<std::string, std::vector<double>>& arrays,
                             std::size_t part, std::size_t parts)
    : ContentDigest(attributes, arrays.size()) {
  for (const auto& [name, values] : arrays)
    add(name, values);
  begin_ = next_ = pieces_.size() * part / parts;
  hash_up_to(pieces_.size() * (part + 1) / parts);
}

ContentDigest::~ContentDigest() {
  const std::lock_guard lock(mutex_);
  next_ = end_;
  closed_ = true;
  changed_.notify_all();
}

void ContentDigest::add(const std::string& name, std::span<const double> values) {
  const std::lock_guard lock(mutex_);
  arrays_.push_back({name, values.size(), pieces_.size()});
  for (std::size_t i = 0; i < values.size(); i += piece_values)
    pieces_.push_back({values.subspan(i, std::min(piece_values, values.size() - i))});
}

void ContentDigest::ready(std::size_t values) {
  const Array& array = arrays_.back();
  const bool all = values == array.length;
  hash_up_to(array.first + (values + (all ? piece_values - 1 : 0)) / piece_values);
}

void ContentDigest::hash_up_to(std::size_t end) {
  const std::lock_guard lock(mutex_);
  end_ = end;
  // One piece alone is not worth a thread.
  if (!beside_.valid() && end_ > next_ + 1)
    beside_ = run_beside([this] { work(); }, Priority::idle);
  changed_.notify_all();
}

void ContentDigest::work() {
  for (;;) {
    Piece* piece = nullptr;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return next_ < end_ || closed_; });
      if (next_ == end_) return;
      piece = &pieces_[next_++];
    }
    piece->digest = sha256(std::as_bytes(piece->values));
  }
}

void ContentDigest::wait() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  work();
  if (beside_.valid()) beside_.get();
}

std::string ContentDigest::own() {
  wait();
  std::string bytes;
  for (std::size_t i = begin_; i < end_; ++i)
    bytes.append(pieces_[i].digest.bytes.begin(), pieces_[i].digest.bytes.end());
  return bytes;
}

void ContentDigest::set(const std::vector<std::string>& shares) {
  std::string all;
  for (const std::string& share : shares)
    all += share;
  std::size_t at = 0;
  for (Piece& piece : pieces_) {
    ensure(at + piece.digest.bytes.size() <= all.size(), "every piece was hashed by somebody");
    for (std::uint8_t& byte : piece.digest.bytes)
      byte = static_cast<std::uint8_t>(all[at++]);
  }
}

Digest ContentDigest::finish() {
  wait();
  Sha256 hash;
  hash_field(hash, checkpoint_format);
  hash_number(hash, checkpoint_version);
  hash_number(hash, defining_.size());
  for (const auto& [name, text] : defining_) {
    hash_field(hash, name);
    hash_field(hash, text);
  }
  hash_number(hash, count_);
  for (std::size_t i = 0; i < arrays_.size(); ++i) {
    hash_field(hash, arrays_[i].name);
    hash_number(hash, arrays_[i].length);
    const std::size_t end = i + 1 < arrays_.size() ? arrays_[i + 1].first : pieces_.size();
    for (std::size_t k = arrays_[i].first; k < end; ++k)
      hash.update(std::as_bytes(std::span(pieces_[k].digest.bytes)));
  }
  return hash.finish();
}

}  // namespace bailiwick::io::detail
