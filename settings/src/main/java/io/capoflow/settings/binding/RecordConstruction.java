package io.capoflow.settings.binding;

import io.capoflow.schemas.UserMistake;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Builds a recipe's records from the values of its keys. What a record's constructor refuses
 * becomes a mistake that says where the key was set.
 *
 * @param values of all keys, by dotted path
 * @param places where each key was set, as errors name it
 * @param file of the recipe
 */
record RecordConstruction(Map<String, Object> values, Map<String, String> places, Path file) {
  /**
   * The record of a section, with the sections inside it.
   *
   * @throws UserMistake when a record refuses its values
   */
  Record construct(RecipeSchema.SectionSpec section) {
    return construct(section.type(), section.parts(), section.path());
  }

  private Record construct(
      Class<? extends Record> type, List<RecipeSchema.Part> parts, String section) {
    Object[] arguments = parts.stream().map(part -> argument(part, section)).toArray();
    Class<?>[] parameters =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      Constructor<? extends Record> constructor = type.getDeclaredConstructor(parameters);
      constructor.setAccessible(true);
      return constructor.newInstance(arguments);
    } catch (InvocationTargetException thrown) {
      throw refused(type, section, thrown.getCause());
    } catch (ReflectiveOperationException fault) {
      throw new IllegalStateException(type + " cannot be constructed", fault);
    }
  }

  private Object argument(RecipeSchema.Part part, String section) {
    if (part instanceof RecipeSchema.SectionSpec inner) {
      return construct(inner);
    }
    if (part instanceof RecipeSchema.Group group) {
      return construct(group.type(), group.parts(), section);
    }
    return values.get(((RecipeSchema.KeySpec) part).path());
  }

  private RuntimeException refused(Class<? extends Record> type, String section, Throwable cause) {
    if (cause instanceof InvalidSetting invalid) {
      String path = section.isEmpty() ? invalid.key() : section + "." + invalid.key();
      return new UserMistake(
          places.getOrDefault(path, file.toString()) + ": " + path + ": " + invalid.getMessage(),
          invalid);
    }
    if (cause instanceof UserMistake mistake) {
      return new UserMistake(file + ": " + mistake.getMessage(), mistake);
    }
    return new IllegalStateException(type + " refused its values", cause);
  }
}
