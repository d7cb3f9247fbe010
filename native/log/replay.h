// Replay: reads a log's segments in the order of the batch numbers, and tells what is there, what
// is damaged, and what was torn off by a crash. Writes nothing. docs/formats/batch.md, "Numbers,
// flushes, and what a gap means".
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "daybook/env.h"
#include "log/log_state.h"
#include "log/manifest.h"
#include "log/metalog_cursor.h"
#include "log/segment_reader.h"

namespace daybook {

// A good batch that nothing shows to be on stable storage.
struct TailBatch {
  BatchHeader header;
  SharedSlab slab;
  OrderedBatch ordered;
};

struct ReplayResult {
  MetalogCursor cursor;     // behind the last good batch
  uint64_t last_batch = 0;  // its number; 0: none
  uint32_t last_checksum = 0;
  uint64_t last_term = 0;
  uint64_t durable_batch = 0;  // every batch up to this number was flushed
  uint64_t durable_checksum = 0;
  uint64_t durable_end_offset =
      kSegmentDataOffset;     // in the open segment, end of the batches up to durable_batch
  uint64_t marked_batch = 0;  // the highest number in a durable mark
  uint64_t reserved_seqnum = 0;
  std::deque<TailBatch> tail;      // those above; not published
  uint64_t clean_next_seqnum = 0;  // clean: the next position, which may be above what any batch says
  bool clean = false;              // closed properly, and nothing follows
  bool nothing_follows = false;    // the open segment ends with the last batch
};

class Replay {
 public:
  // Publishes what it reads in `state`, which must be empty, and damage with it.
  Replay(Env* env, std::string directory, const Manifest& manifest, LogState* state);

  // kFormat, or kIo when the disk fails; damage is no failure of the replay.
  Status Run(ReplayResult* result);

 private:
  struct Source {
    ManifestSegment listed;
    std::string path;
    std::unique_ptr<SegmentReader> reader;  // null: the file cannot be read
  };
  // An open stretch of unreadable batches.
  struct Gap {
    uint64_t first_seqnum = 0;
    std::string path;
    uint64_t offset = 0;
    std::string what;
    bool commands_lost = true;
  };

  Status OpenSegments();
  Status OpenSegment(const ManifestSegment& listed);
  Status ReplaySegment(const Source& source);
  Status Accept(const Source& source, ScannedBatch* batch, bool* accepted);
  Status Skip(const Source& source, const ScannedBatch& batch, uint64_t* offset, bool* go_on);
  void OpenGap(const Source& source, uint64_t offset, const ScannedBatch& batch);
  void CloseGap(uint64_t end_seqnum);
  void PublishDurable();
  void PublishAll();
  void Publish(const TailBatch& batch);
  void Finish();

  Env* env_;
  std::string directory_;
  const Manifest& manifest_;
  LogState* state_;
  ReplayResult* result_ = nullptr;
  std::deque<Source> sources_;
  std::optional<DurableMark> mark_;  // the one that says most
  uint64_t evidence_ = 0;            // highest number that anything says was flushed
  std::optional<Gap> gap_;
  uint64_t end_offset_ = kSegmentDataOffset;  // of the last accepted batch, in its segment
};

}  // namespace daybook
