package io.capoflow.runners;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import ai.djl.Device;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.ProcessThreads;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The house's arrows and habits, kept by a test. */
final class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.capoflow");

  private static final String[] TENSOR_LIBRARIES = {"ai.djl.."};
  private static final String[] FLINK = {"org.apache.flink..", "org.apache.beam.runners.."};

  /** What a grammar's rules need of one another: an argument is an expression with functions. */
  private static final Map<String, String> GRAMMAR_OF_CLASS =
      Map.of(
          "ExpressionParser", "expressions",
          "FunctionReader", "expressions",
          "SymbolReader", "expressions",
          "Lexer", "tokens",
          "CommandLexer", "tokens",
          "SignLexer", "tokens");

  @Test
  void arrowsRunOneWay() {
    check(
        layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("schemas")
            .definedBy("io.capoflow.schemas..")
            .layer("verifiers")
            .definedBy("io.capoflow.verifiers..")
            .layer("models")
            .definedBy("io.capoflow.models..")
            .layer("transforms")
            .definedBy("io.capoflow.transforms..")
            .layer("worlds")
            .definedBy("io.capoflow.worlds..")
            .layer("settings")
            .definedBy("io.capoflow.settings..")
            .layer("datasets")
            .definedBy("io.capoflow.datasets..")
            .layer("pipelines")
            .definedBy("io.capoflow.pipelines..")
            .layer("runners")
            .definedBy("io.capoflow.runners..")
            .whereLayer("runners")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("pipelines")
            .mayOnlyBeAccessedByLayers("runners")
            .whereLayer("settings")
            .mayOnlyBeAccessedByLayers("pipelines", "runners")
            .whereLayer("datasets")
            .mayOnlyBeAccessedByLayers("pipelines", "runners")
            .whereLayer("worlds")
            .mayOnlyBeAccessedByLayers("pipelines", "runners")
            .whereLayer("transforms")
            .mayOnlyBeAccessedByLayers("settings", "datasets", "pipelines", "runners")
            .whereLayer("models")
            .mayOnlyBeAccessedByLayers(
                "transforms", "worlds", "settings", "datasets", "pipelines", "runners")
            .whereLayer("verifiers")
            .mayOnlyBeAccessedByLayers(
                "transforms", "settings", "datasets", "pipelines", "runners"));
  }

  @Test
  void schemasAndVerifiersKnowNoEngine() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage("io.capoflow.schemas..", "io.capoflow.verifiers..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "org.apache.beam..",
                "org.apache.flink..",
                "org.apache.hadoop..",
                "org.apache.parquet..",
                "ai.djl.."));
  }

  @Test
  void nativeCodeIsCalledFromOneClass() {
    check(
        noClasses()
            .that()
            .doNotHaveFullyQualifiedName("io.capoflow.models.tensor.NativeCalls")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.sun.jna.."));
  }

  @Test
  void verifiersStandAlone() {
    check(
        classes()
            .that()
            .resideInAPackage("io.capoflow.verifiers..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("io.capoflow.verifiers..", "java..", "ch.obermuhlner.math.big.."));
  }

  @Test
  void modelsKnowNoDataflow() {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.capoflow.models..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.beam..", "org.apache.flink..", "org.apache.hadoop.."));
  }

  @Test
  void worldsKnowNoDataflow() {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.capoflow.worlds..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.beam..", "org.apache.flink..", "org.apache.hadoop.."));
  }

  @Test
  void onlyRunnersKnowWhereItRuns() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("io.capoflow.runners..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(FLINK));
  }

  @Test
  void tensorsStayInModels() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages("io.capoflow.models..", "io.capoflow.runners.doctor..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(TENSOR_LIBRARIES));
  }

  @Test
  void devicesAreChosenInOnePlace() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("io.capoflow.models.tensor..")
            .should()
            .callMethodWhere(
                DescribedPredicate.describe(
                    "names a device",
                    call ->
                        call.getTargetOwner().isEquivalentTo(Device.class)
                            && Set.of("cpu", "gpu", "of", "fromName").contains(call.getName())))
            .as("no device but those that Torch gives for a name"));
  }

  @Test
  void onlyRunnersTalkToTheConsole() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages("io.capoflow.runners..", "io.capoflow.benchmarks..")
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err")
            .orShould()
            .callMethod(System.class, "exit", int.class));
  }

  @Test
  void drawsAreKeyed() {
    check(
        noClasses()
            .should()
            .dependOnClassesThat()
            .areAssignableTo(Random.class)
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(ThreadLocalRandom.class)
            .orShould()
            .callMethod(Math.class, "random")
            .as("no random number but those of Draws, which are keyed by what they are for"));
  }

  @Test
  void jsonGoesThroughOnePlace() {
    check(
        noClasses()
            .that()
            .doNotBelongToAnyOf(Json.class)
            .should()
            .dependOnClassesThat()
            .areAssignableTo(ObjectMapper.class)
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(JsonFactory.class)
            .as("no reader or writer of JSON but those of Json"));
  }

  /** A job's class loader is closed with it, and threads that stay would ask it for classes. */
  @Test
  void threadsOnWorkersAreTheProcesses() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage(
                "io.capoflow.schemas..",
                "io.capoflow.verifiers..",
                "io.capoflow.models..",
                "io.capoflow.transforms..",
                "io.capoflow.worlds..",
                "io.capoflow.datasets..")
            .and()
            .resideOutsideOfPackage("io.capoflow.models.stub..")
            .and()
            .doNotBelongToAnyOf(ProcessThreads.class)
            .should()
            .callConstructorWhere(
                DescribedPredicate.describe(
                    "makes a thread", call -> call.getTargetOwner().isAssignableTo(Thread.class)))
            .as("no thread but those of ProcessThreads"));
  }

  @Test
  void nobodySleeps() {
    check(noClasses().should().callMethod(Thread.class, "sleep", long.class));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "schemas",
        "verifiers",
        "models",
        "transforms",
        "worlds",
        "settings",
        "datasets",
        "pipelines",
        "runners"
      })
  void packagesOfAModuleHaveNoCycles(String module) {
    String root = "io.capoflow." + module;
    check(
        slices()
            .assignedFrom(
                assignment(
                    "packages of " + module,
                    type -> {
                      String name = type.getPackageName();
                      if (name.equals(root)) {
                        return SliceIdentifier.of("the root package");
                      }
                      return name.startsWith(root + ".")
                          ? SliceIdentifier.of(name.substring(root.length() + 1).split("\\.", 2)[0])
                          : SliceIdentifier.ignore();
                    }))
            .should()
            .beFreeOfCycles());
  }

  @Test
  void classesOfVerifiersHaveNoCyclesButAGrammarsOwnRecursion() {
    check(
        slices()
            .assignedFrom(
                assignment(
                    "classes of verifiers",
                    type -> {
                      if (!type.getPackageName().startsWith("io.capoflow.verifiers")) {
                        return SliceIdentifier.ignore();
                      }
                      String name = type.getName().split("\\$", 2)[0];
                      String simple = name.substring(name.lastIndexOf('.') + 1);
                      return SliceIdentifier.of(GRAMMAR_OF_CLASS.getOrDefault(simple, name));
                    }))
            .should()
            .beFreeOfCycles());
  }

  private static SliceAssignment assignment(
      String description, Function<JavaClass, SliceIdentifier> identifier) {
    return new SliceAssignment() {
      @Override
      public SliceIdentifier getIdentifierOf(JavaClass type) {
        return identifier.apply(type);
      }

      @Override
      public String getDescription() {
        return description;
      }
    };
  }

  private static void check(ArchRule rule) {
    rule.check(CLASSES);
  }
}
