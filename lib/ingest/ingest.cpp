// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/ingest/ingest.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "io/partition/partition.hpp"
#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/core/names.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/ingest/inputs.hpp"
#include "lib/ingest/lookup.hpp"
#include "lib/ingest/provenance.hpp"
#include "lib/ingest/quarantine.hpp"
#include "lib/ingest/rows.hpp"
#include "lib/lineage/increments.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

constexpr const char* quarantine_name = "quarantine.csv";
/// Of an ingest that came to nothing; it blocks no other, and goes when one succeeds.
constexpr const char* failed_name = "quarantine.failed.csv";
constexpr std::size_t gathered_rows = 1024;

// Everything is written into a folder inside the output folder, and moved when all is there.
class Staging {
 public:
  explicit Staging(fs::path output)
      : output_(std::move(output)), folder_(output_ / fmt::format(".ingest.{}", ::getpid())) {
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error)
      throw Error(ExitCode::data, "{}: cannot make the folder: {}", folder_.string(),
                  error.message());
  }
  ~Staging() {
    std::error_code ignored;
    if (!kept_) fs::remove_all(folder_, ignored);
  }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  // All files or none: what was there comes back if one cannot be put in place. Nothing on the way
  // asks for memory.
  void publish(const std::vector<std::string>& names) {
    struct Move {
      fs::path from, to, before;
    };
    std::vector<Move> moves;
    for (const std::string& name : names)
      moves.push_back({folder_ / name, output_ / name, folder_ / (name + ".before")});
    std::error_code error, ignored;
    std::size_t done = 0;
    for (; done < moves.size() && !error; ++done) {
      const Move& move = moves[done];
      if (fs::exists(move.to, error)) {
        fs::create_hard_link(move.to, move.before, error);
        // Without hard links the name is free for a moment.
        if (error) fs::rename(move.to, move.before, error);
      }
      if (!error) fs::rename(move.from, move.to, error);
    }
    for (std::size_t i = error ? done : 0; i-- > 0;) {
      const Move& move = moves[i];
      if (!fs::exists(move.before, ignored)) {
        // A file that did not get its place is in the staging folder still.
        if (!fs::exists(move.from, ignored)) fs::remove(move.to, ignored);
      } else if (!fs::equivalent(move.before, move.to, ignored)) {
        std::error_code stuck;
        fs::rename(move.before, move.to, stuck);
        kept_ = kept_ || stuck;
      }
    }
    if (error)
      throw Error(ExitCode::data, "{}: cannot be put in place: {}{}", moves[done - 1].to.string(),
                  error.message(),
                  kept_ ? "; nor can what was there before: it is in " + folder_.string() : "");
    const int directory = ::open(output_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return;
    ::fsync(directory);
    ::close(directory);
  }

 private:
  fs::path output_, folder_;
  bool kept_ = false;  ///< it holds the only copy of what was there
};

std::string file_name(const IngestPartition& partition) {
  return partition.name + ".h5";
}

std::vector<std::string> output_names(const IngestConfig& config) {
  std::vector<std::string> names = {quarantine_name};
  for (const IngestPartition& partition : config.partitions) {
    names.push_back(file_name(partition));
    names.push_back(io::manifest_path(file_name(partition)));
    names.push_back(provenance_path(file_name(partition)));
  }
  return names;
}

void check_nothing_is_there(const IngestConfig& config) {
  for (const std::string& name : output_names(config)) {
    const fs::path path = fs::path(config.output) / name;
    if (is_taken(path.string()))
      throw Error(ExitCode::data,
                  "{}: exists already; choose another output folder, or replace what is there with "
                  "--force",
                  path.string());
  }
}

std::vector<PrivateKey> load_keys(const IngestConfig& config) {
  std::vector<PrivateKey> keys;
  for (const IngestPartition& partition : config.partitions) {
    if (!fs::exists(partition.key))
      throw Error(ExitCode::config,
                  "{}: partition \"{}\": there is no key {}; make one: bailiwick keygen {}",
                  config.path, partition.name, partition.key,
                  fs::path(partition.key).replace_extension().string());
    keys.push_back(PrivateKey::load(partition.key));
  }
  return keys;
}

// Partitions being written. Rows gather until a call of the writer is worth it.
class Outputs {
 public:
  Outputs(const IngestConfig& config, const Schema& schema, const Staging& staging)
      : buffers_(config.partitions.size()) {
    for (const IngestPartition& partition : config.partitions) {
      paths_.push_back(staging.path(file_name(partition)));
      writers_.emplace_back(paths_.back(), schema,
                            io::PartitionWriter::Options{.name = partition.name,
                                                         .owner = partition.owner,
                                                         .block_rows = config.block_rows,
                                                         .precision = config.precision,
                                                         .id_bytes = config.id_bytes});
      report_.push_back({partition.name, partition.owner,
                         (fs::path(config.output) / file_name(partition)).string(), 0,
                         std::vector<std::uint64_t>(schema.splits.size())});
    }
  }

  std::vector<io::RowBuffer>& buffers() { return buffers_; }

  void count(std::size_t partition) {
    auto& report = report_[partition];
    ++report.rows;
    const io::RowBuffer& buffer = buffers_[partition];
    if (!buffer.splits.empty()) ++report.split_rows[buffer.splits.back()];
    if (buffer.rows >= gathered_rows) flush(partition);
  }

  /// What came of `sources` is said beside each partition.
  std::vector<IngestReport::Partition> finish(const std::vector<PrivateKey>& keys,
                                              const IngestSources& sources) {
    roots_.clear();
    for (std::size_t i = 0; i < writers_.size(); ++i) {
      flush(i);
      const PartitionManifest manifest = writers_[i].finish(keys[i]);
      ensure(manifest.rows == report_[i].rows, "every row kept is in a partition");
      roots_.push_back(manifest.root);
      const Envelope provenance = sign_envelope(
          ingest_provenance_type, ingest_provenance(sources, manifest).dump(), keys[i]);
      write_file_atomically(provenance_path(paths_[i]), to_json_line(provenance) + "\n",
                            Readers::owner);
    }
    return report_;
  }

  const std::vector<IngestReport::Partition>& report() const { return report_; }

  /// Where partitions grow by increments, their logs know of these before they are there: whoever
  /// is killed in between does it again.
  void tell_increments(const IngestConfig& config, const std::vector<PrivateKey>& keys) const {
    for (std::size_t i = 0; i < report_.size(); ++i)
      if (const IngestPartition& partition = config.partitions[i]; !partition.increments.empty())
        add_increment(partition.increments,
                      {config.increment, report_[i].path, roots_[i], report_[i].rows}, keys[i]);
  }

 private:
  void flush(std::size_t partition) {
    io::RowBuffer& buffer = buffers_[partition];
    if (buffer.rows > 0) writers_[partition].append(buffer);
    buffer.rows = 0;
    buffer.features.clear();
    buffer.codes.clear();
    buffer.targets.clear();
    buffer.weights.clear();
    buffer.splits.clear();
    buffer.ids.clear();
    buffer.units.clear();
  }

  std::vector<io::RowBuffer> buffers_;
  std::vector<std::string> paths_;
  std::vector<io::PartitionWriter> writers_;
  std::vector<IngestReport::Partition> report_;
  std::vector<Digest> roots_;
};

/// What may be the matter, if not with the data.
std::string advice_on(const IngestConfig& config, const IngestReport::Quarantined& most) {
  if (!is_utf8(most.value)) return encoding_advice;
  const std::size_t comma = most.value.find(',');
  if (most.reason == ColumnRule::not_a_number && config.numbers.decimal == '.' &&
      comma != std::string::npos)
    return most.value.find('.') < comma
               ? "; if commas are decimal, set csv.decimal: \",\" and csv.thousands: \".\""
               : "; if commas are decimal, set csv.decimal: \",\"";
  if (most.reason == ColumnRule::not_a_number && config.numbers.decimal == ',' &&
      !config.numbers.thousands && most.value.find('.') != std::string::npos)
    return "; if points stand between thousands, set csv.thousands: \".\"";
  if (most.column.empty() && most.reason.starts_with("1 field"))
    return "; are its values told apart by something else? set csv.delimiter";
  return "";
}

void check_rows(const IngestConfig& config, const Outputs& outputs, std::uint64_t rows,
                const std::vector<IngestReport::Quarantined>& quarantined) {
  std::string most;
  if (!quarantined.empty())
    most = fmt::format(
        "; most often: {}{}{}{}, first at {}{}", quarantined[0].column,
        quarantined[0].column.empty() ? "" : ": ", quarantined[0].reason,
        quarantined[0].value.empty() ? "" : " (\"" + printable(quarantined[0].value) + "\")",
        quarantined[0].first, advice_on(config, quarantined[0]));
  if (rows == 0) throw Error(ExitCode::data, "{}: no rows", join(config.inputs));
  std::uint64_t kept = 0;
  for (const auto& partition : outputs.report())
    kept += partition.rows;
  if (kept == 0)
    throw Error(ExitCode::data, "{}: every one of the {} rows broke a rule{}", join(config.inputs),
                with_thousands(static_cast<long long>(rows)), most);
  if (static_cast<double>(rows - kept) / static_cast<double>(rows) > config.quarantine_at_most)
    throw Error(ExitCode::data, "{}: {} of the {} rows broke a rule; quarantine_at_most is {}{}",
                join(config.inputs), with_thousands(static_cast<long long>(rows - kept)),
                with_thousands(static_cast<long long>(rows)), config.quarantine_at_most, most);
  for (std::size_t i = 0; i < config.partitions.size(); ++i)
    if (outputs.report()[i].rows == 0)
      throw Error(ExitCode::data, "{}: partition \"{}\" got no rows; its values are: {}{}",
                  config.path, config.partitions[i].name, join(config.partitions[i].values), most);
}

/// What was read before the inputs.
IngestSources read_before(const IngestConfig& config, const RowRules& rules) {
  IngestSources sources;
  for (const ConfigFile& file : config.files)
    sources.configs.push_back({file.path, sha256(file.text)});
  for (std::size_t i = 0; i < config.lookups.size(); ++i)
    sources.lookups.push_back({config.lookups[i].path, rules.lookups()[i].sha256()});
  return sources;
}

}  // namespace

IngestReport ingest(const IngestConfig& config, bool force,
                    const std::function<void(const IngestProgress&)>& progress) {
  RowRules rules(config);
  if (!force) check_nothing_is_there(config);
  const std::vector<PrivateKey> keys = load_keys(config);
  const std::string failed = (fs::path(config.output) / failed_name).string();
  Staging staging(config.output);
  Quarantine quarantine(staging.path(quarantine_name));
  Outputs outputs(config, rules.schema(), staging);

  IngestReport report;
  IngestSources sources = read_before(config, rules);
  IngestProgress state;
  const std::vector<std::string> inputs = find_inputs(config);
  state.total_bytes = input_bytes(inputs);
  for (const std::string& path : inputs) {
    const std::string name = input_name(path);
    const std::uint64_t bytes_before = state.bytes, rows_before = report.rows_read;
    const auto tell = [&](const io::RowReader& reader) {
      state.rows = report.rows_read;
      state.quarantined = quarantine.rows();
      state.bytes = bytes_before + reader.bytes_read();
      if (progress) progress(state);
    };
    Input input = open_input(config, path);
    io::RowReader& reader = *input.rows;
    rules.bind(std::move(input.header), name, reader.columns());
    if (path == inputs.front()) report.unused = rules.unused();
    while (reader.next()) {
      const auto rejection = rules.read(reader, report.rows_read, outputs.buffers());
      if (rejection && rejection->ends_all)
        throw Error(ExitCode::data, "{}:{}: {}: {}", name, reader.line(), rejection->column,
                    rejection->reason);
      if (rejection)
        quarantine.add(name, reader, *rejection);
      else
        outputs.count(rules.partition());
      if (++report.rows_read % 65536 == 0) tell(reader);
    }
    sources.inputs.push_back({name, reader.finish(), report.rows_read - rows_before});
    tell(reader);
  }

  report.quarantined = quarantine.summary();
  quarantine.finish();
  try {
    check_rows(config, outputs, report.rows_read, report.quarantined);
  } catch (const Error& error) {
    if (report.quarantined.empty()) throw;
    std::error_code not_moved;
    fs::rename(staging.path(quarantine_name), failed, not_moved);
    if (not_moved) throw;
    throw Error(error.code(), "{}; all of them: {}", error.what(), failed);
  }
  report.splits = rules.schema().splits;
  sources.rows_quarantined = report.rows_quarantined();
  report.partitions = outputs.finish(keys, sources);
  ensure(report.rows_read == report.rows_kept() + report.rows_quarantined(),
         "every row read is kept or quarantined");

  outputs.tell_increments(config, keys);
  staging.publish(output_names(config));
  std::error_code none_there;
  fs::remove(failed, none_there);
  report.quarantine_path = (fs::path(config.output) / quarantine_name).string();
  return report;
}

}  // namespace bailiwick
