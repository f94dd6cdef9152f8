// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/digest.hpp"

namespace bailiwick::io::detail {

/// The content digest of a checkpoint (docs/checkpoint-format.md, section 2). Arrays are hashed in
/// pieces, as they come, by a thread beside this one; who waits for the digest helps.
class ContentDigest {
 public:
  /// Of one in memory, which stays as it is meanwhile: of its pieces, in order, this hashes the
  /// `part`th of `parts` equal shares.
  ContentDigest(const std::map<std::string, std::string>& attributes,
                const std::map<std::string, std::vector<double>>& arrays, std::size_t part = 0,
                std::size_t parts = 1);
  /// Of one that is being read, array by array in the order of their names.
  ContentDigest(const std::map<std::string, std::string>& attributes, std::size_t arrays);
  ~ContentDigest();

  /// The next array; its values are there only as far as ready() says.
  void add(const std::string& name, std::span<const double> values);
  /// The first `values` of the array that came last are there.
  void ready(std::size_t values);

  /// The digests of this one's share, 32 bytes each. Waits for them.
  std::string own();
  /// The shares of all, in order: what was not hashed here.
  void set(const std::vector<std::string>& shares);
  Digest finish();

 private:
  struct Array {
    std::string name;
    std::size_t length, first;  ///< its first piece
  };
  struct Piece {
    std::span<const double> values;
    Digest digest = {};
  };
  void hash_up_to(std::size_t end);
  void work();
  void wait();

  std::vector<std::pair<std::string, std::string>> defining_;
  std::size_t count_;
  std::vector<Array> arrays_;
  std::size_t begin_ = 0;
  std::mutex mutex_;  ///< over what follows
  std::condition_variable changed_;
  std::deque<Piece> pieces_;        ///< a thread that holds one needs no lock
  std::size_t next_ = 0, end_ = 0;  ///< pieces that nobody has taken yet
  bool closed_ = false;             ///< nothing more comes
  std::future<void> beside_;        ///< after all that its thread uses
};

}  // namespace bailiwick::io::detail
