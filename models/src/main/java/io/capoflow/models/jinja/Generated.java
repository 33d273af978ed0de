package io.capoflow.models.jinja;

import java.util.List;

/**
 * What filters such as {@code map} give: Python makes it item by item, so it is gone through once,
 * and has neither a length nor places.
 */
final class Generated {
  private List<Object> items;

  Generated(List<Object> items) {
    this.items = items;
  }

  /** The items; none are left after. */
  List<Object> take() {
    List<Object> taken = items;
    items = List.of();
    return taken;
  }
}
