package io.capoflow.runners.doctor;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at everything that a run needs, each thing on its own, and says how it is. */
public final class Doctor {
  private static final Logger LOG = LoggerFactory.getLogger(Doctor.class);

  private final List<Check> checks;

  /** Looks at one subject. */
  public interface Check {
    /** What is looked at, in a word or two. */
    String subject();

    /**
     * Looks.
     *
     * @throws Exception when the subject does not work: that is a finding, too
     */
    Finding look() throws Exception;
  }

  public Doctor(List<Check> checks) {
    this.checks = List.copyOf(checks);
  }

  /**
   * Makes every check, in order.
   *
   * @param each receives a finding as soon as it is made
   */
  public List<Finding> examine(Consumer<Finding> each) {
    requireNonNull(each, "each");
    List<Finding> findings = new ArrayList<>();
    for (Check check : checks) {
      Finding finding = look(check);
      findings.add(finding);
      each.accept(finding);
    }
    return List.copyOf(findings);
  }

  /** A library that cannot be linked is a finding, not an end. */
  private static Finding look(Check check) {
    try {
      return check.look();
    } catch (UserMistake mistake) {
      return Finding.fail(check.subject(), "cannot be used", String.valueOf(mistake.getMessage()));
    } catch (Exception | LinkageError | StackOverflowError e) {
      LOG.error("check of {} failed", check.subject(), e);
      return Finding.fail(
          check.subject(),
          e.getClass().getSimpleName() + ": " + e.getMessage(),
          "the log has the details");
    }
  }
}
