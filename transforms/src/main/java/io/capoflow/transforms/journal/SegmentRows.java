package io.capoflow.transforms.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/** A segment's answers in the order of a Parquet file; in memory are no more than their places. */
final class SegmentRows implements Iterator<KeptAnswer> {
  private final Segment segment;
  private final List<Place> places = new ArrayList<>();
  private final Deque<KeptAnswer> ready = new ArrayDeque<>();
  private int next;

  private record Place(long prefix, long offset) {}

  /** Reads the segment to its end. */
  SegmentRows(Segment segment) throws IOException {
    this.segment = segment;
    segment.follow((offset, header, line) -> places.add(new Place(header.prefix(), offset)));
    places.sort((one, other) -> Long.compareUnsigned(one.prefix(), other.prefix()));
    fill();
  }

  /** The answers of the next request, or of all whose digests begin as its does. */
  private void fill() throws IOException {
    while (ready.isEmpty() && next < places.size()) {
      long prefix = places.get(next).prefix();
      List<KeptAnswer> same = new ArrayList<>();
      while (next < places.size() && places.get(next).prefix() == prefix) {
        segment
            .at(places.get(next).offset())
            .ifPresentOrElse(same::add, segment::foundDamagedLater);
        next++;
      }
      Comparator<KeptAnswer> order = KeptAnswer.BY_KEY.thenComparing(KeptAnswer.BY_RIGHT);
      same.sort(order);
      ready.addAll(same);
    }
  }

  @Override
  public boolean hasNext() {
    return !ready.isEmpty();
  }

  @Override
  public KeptAnswer next() {
    KeptAnswer answer = ready.remove();
    try {
      fill();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + segment.file(), e);
    }
    return answer;
  }
}
