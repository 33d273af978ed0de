package io.capoflow.schemas;

import java.io.Serializable;

/** A point of extension for tests; public, since extensions lie in packages of their own. */
public interface Greeting extends Serializable {
  String name();
}
