package io.capoflow.runners;

public final class Main {
  private Main() {}

  public static void main(String[] a) {
    System.out.println("hi " + String.join(",", a));
    System.exit(7);
  }
}
