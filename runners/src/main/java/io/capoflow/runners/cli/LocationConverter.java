package io.capoflow.runners.cli;

import io.capoflow.schemas.Locations;
import io.capoflow.schemas.UserMistake;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a path of this machine, or an address such as {@code s3a://bucket/runs/first}. */
final class LocationConverter implements ITypeConverter<Path> {
  @Override
  public Path convert(String text) {
    try {
      return Locations.of(text);
    } catch (UserMistake | InvalidPathException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
