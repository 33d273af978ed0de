package io.capoflow.runners.doctor;

import java.util.concurrent.Callable;

/** A check made of a name and a function. */
record NamedCheck(String subject, Callable<Finding> function) implements Doctor.Check {
  /** What a check does with its own name. */
  interface Look {
    Finding look(String subject) throws Exception;
  }

  static NamedCheck of(String subject, Look look) {
    return new NamedCheck(subject, () -> look.look(subject));
  }

  static NamedCheck of(String subject, Callable<Finding> look) {
    return new NamedCheck(subject, look);
  }

  @Override
  public Finding look() throws Exception {
    return function.call();
  }
}
