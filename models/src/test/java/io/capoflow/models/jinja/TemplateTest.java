package io.capoflow.models.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.InputStream;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateTest {
  private static final LocalDate TODAY = LocalDate.of(2024, 7, 26);
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.USE_LONG_FOR_INTS);

  @TestFactory
  Stream<DynamicTest> rendersEveryPieceOfTheLanguageAsPythonsJinjaDoes() throws IOException {
    Map<String, Object> variables =
        JSON.convertValue(json("language.json").path("variables"), new TypeReference<>() {});
    return StreamSupport.stream(json("golden/language.json").spliterator(), false)
        .map(
            row ->
                DynamicTest.dynamicTest(
                    "piece " + row.path("template"), () -> agrees(row, variables)));
  }

  private static void agrees(JsonNode row, Map<String, Object> variables) {
    Template template = Template.parse("piece", row.path("template").asText());
    if (row.path("rendered").isNull()) {
      assertThatThrownBy(() -> template.render(variables, TODAY)).isInstanceOf(UserMistake.class);
    } else {
      assertThat(template.render(variables, TODAY)).isEqualTo(row.path("rendered").asText());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '@',
      quoteCharacter = '`',
      value = {
        "{% include 'x' %} @ the tag include",
        "{% import 'x' as y %} @ the tag import",
        "{% from 'x' import y %} @ the tag from",
        "{% extends 'x' %} @ the tag extends",
        "{% block a %}{% endblock %} @ the tag block",
        "{% call a() %}{% endcall %} @ the tag call",
        "{% filter upper %}{% endfilter %} @ the tag filter",
        "{% raw %}{% endraw %} @ the tag raw",
        "{% with a = 1 %}{% endwith %} @ the tag with",
        "{% set a | upper %}b{% endset %} @ a filter of what a set encloses",
        "{% macro range() %}{% endmacro %} @ a macro with the name of the function range",
        "{% macro a() %}{{ varargs }}{% endmacro %} @ the variable varargs",
        "{% macro a() %}{{ caller() }}{% endmacro %} @ the variable caller",
        "{{ [1]|map('urlize') }} @ the filter urlize",
        "{{ [1]|map(a) }} @ the filter map of a name that is no constant",
        "{{ [1]|map('map', 'upper') }} @ a map of map",
        "{{ [1]|select('divisibleby', 3) }} @ the test divisibleby",
        "{{ [1]|selectattr('a', b) }} @ the filter selectattr of a name that is no constant",
        "{% for a in b recursive %}{% endfor %} @ a recursive loop",
        "{{ a|urlize }} @ the filter urlize",
        "{{ a is divisibleby 3 }} @ the test divisibleby",
        "{{ a.format(1) }} @ the method format()",
        "{{ a.__class__() }} @ the method __class__()",
        "{{ cycler('a') }} @ the function cycler()",
        "{{ a[0]() }} @ a call of what is no name",
        "{{ 1 / 2 }} @ the operator /",
        "{{ 1 ** 2 }} @ the operator **",
        "{{ namespace(**a) }} @ a call with **",
        "{% if false %}{{ a|urlize }}{% endif %} @ the filter urlize",
      })
  void refusesByNameWhatItDoesNotSupport(String source, String name) {
    assertThatThrownBy(() -> Template.parse("chat_template.jinja", "\n\n" + source))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith("chat_template.jinja, line 3: " + name)
        .hasMessageContaining("not supported in chat templates here");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '@',
      quoteCharacter = '`',
      value = {
        "{{ a @ line 1: a tag is never closed",
        "{% if a @ line 1: a tag is never closed",
        "{# a @ line 1: a comment is never closed",
        "{{ 'a }} @ line 1: a string is never closed",
        "{% if a %}b @ line 1: the template ends before endif",
        "{% for a in b %}b @ line 1: the template ends before endfor",
        "{% if a %}{% endfor %} @ line 1: endif is wanted, found endfor",
        "{% endif %} @ line 1: there is an unexpected tag endif",
        "{% break %} @ line 1: break stands outside of all loops",
        "{{ }} @ line 1: an expression is wanted, found }}",
        "{{ a b }} @ line 1: }} is wanted, found b",
        "{{ a) }} @ line 1: there is an unexpected )",
        "{{ 1.5 }} @ line 1: only whole decimal numbers",
        "{{ 0x1F }} @ line 1: only whole decimal numbers",
        "{{ a ? b }} @ line 1: the character ? is none of Jinja's",
        "{{ a[1 }} @ line 1: there is an unexpected }",
        "{% set 1 = a %} @ line 1: a name is wanted, found 1",
        "{% for a of b %}{% endfor %} @ line 1: in is wanted, found of",
        "{{ a.strip(1, 2) }} @ line 1: the method strip takes another number of arguments",
        "{{ a|trim(1, 2) }} @ line 1: the filter trim takes other arguments",
        "{{ a|map }} @ line 1: the filter map takes other arguments",
        "{{ a|map('trim', 1, 2) }} @ line 1: the filter map takes other arguments",
        "{{ a|selectattr }} @ line 1: the filter selectattr takes other arguments",
        "{{ a|select('equalto') }} @ line 1: the filter select takes other arguments",
        "{% macro a(b=1, c) %}{% endmacro %} @ line 1: a parameter without a default",
        "{% macro a() %}b @ line 1: the template ends before endmacro",
        "{% set a %}b @ line 1: the template ends before endset",
        "{% for a in b %}{% macro c() %}{% break %}{% endmacro %}{% endfor %} @ line 1: break stands outside",
        "{{ '\\u12' }} @ line 1: an escape sequence",
      })
  void saysWhatIsWrongWithATemplateThatIsNoJinja(String source, String message) {
    assertThatThrownBy(() -> Template.parse("t", source))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith("t, " + message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '@',
      quoteCharacter = '`',
      value = {
        "{{ missing.x }} @ missing is not defined",
        "{{ raise_exception('roles must alternate') }} @ roles must alternate",
        "{{ items }} @ a list is printed",
        "{% set ns = 1 %}{% set ns.x = 2 %} @ ns is no namespace",
        "{% for a, b in [[1]] %}{% endfor %} @ 1 values are assigned to 2 names",
        "{{ 1 < 'a' }} @ a number and a string are compared",
        "{{ 5|length }} @ the length of a number",
        "{{ 5.upper() }} @ a number has no method upper",
        "{{ 9223372036854775 * 9223372036854775 }} @ has no value here",
        "{{ 1 // 0 }} @ has no value here",
        "{{ strftime_now('%j') }} @ strftime_now() does not know %j",
        "{{ 'a'.split('') }} @ a string is split at an empty one",
        "{{ [1][::0] }} @ the step of a slice is 0",
        "{{ missing|tojson }} @ has no form in JSON",
        "{{ ('a'|safe) + 'b' }} @ + is not defined between a safe string and a string",
        "{{ 'a' ~ 'b'|safe }} @ a safe string is printed",
        "{{ items|select|tojson }} @ a generator has no form in JSON",
        "{{ a() }}{% macro a() %}{% endmacro %} @ a is called, which is no macro there",
        "{% macro a() %}{% endmacro %}{{ a(1) }} @ the macro a takes other arguments",
      })
  void saysWhatWentWrongWhileRendering(String source, String message) {
    Template template = Template.parse("t", "\n" + source);
    assertThatThrownBy(() -> template.render(Map.of("items", List.of(1L)), TODAY))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith("t, line 2: ")
        .hasMessageContaining(message);
  }

  /** None of these would end, or fit into memory, if work were not bounded. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '@',
      quoteCharacter = '`',
      value = {
        "{% for a in range(999999999999) %}{% endfor %} @ 1",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %} @ 1",
        "{{ 'x' * 999999999999999 }} @ 1",
        "{% set ns = namespace(a='x') %}{% for a in range(99) %}{% set ns.a = ns.a ~ ns.a %}{% endfor %} @ 1",
        "{% set ns = namespace(a=[1]) %}{% for a in range(99) %}{% set ns.a = ns.a + ns.a %}{% endfor %} @ 1",
        "{% set ns = namespace(a='x') %}{% for a in range(99) %}{% set ns.a = ns.a.replace('', ns.a) %}{% endfor %} @ 1",
        "{% set ns = namespace(a=['x']) %}{% for a in range(99) %}{% set ns.a = [ns.a|join, ns.a|join] %}{% endfor %} @ 1",
        "{% set ns = namespace(a=[]) %}{% for a in range(999) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a|tojson }} @ 2",
        "{% macro a() %}{% for b in range(9) %}{{ a() }}{% endfor %}{% endmacro %}{{ a() }} @ 3",
        "{% macro a(x) %}{{ b(x ~ x) }}{% endmacro %}{% macro b(x) %}{{ a(x ~ x) }}{% endmacro %}{{ a('x') }} @ 1",
        "{% set ns = namespace(n='x') %}{% for i in range(99) %}{% set ns.n %}{{ ns.n }}{{ ns.n }}{% endset %}{% endfor %} @ 1",
        "{% for i in range(9999999) %}{% macro a() %}{% endmacro %}{{ a() }}{% endfor %} @ 1",
        "{% for i in range(99999) %}{% for b in range(99999)|select|map('string') %}{% endfor %}{% endfor %} @ 1",
        "{% set ns = namespace(a=[], b=[]) %}{% for a in range(999) %}{% set ns.a = [ns.a] %}{% set ns.b = [ns.b] %}{% endfor %}{{ ns.a == ns.b }} @ 2",
      })
  void boundsTheWorkOfAHostileTemplate(String source, int bound) {
    Template template = Template.parse("t", source);
    assertThatThrownBy(() -> template.render(Map.of(), TODAY))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(
            List.of(
                    "more work than a chat template may do",
                    "nested deeper",
                    "macros call one another more than")
                .get(bound - 1));
  }

  /** On a stack half as large as a thread's is. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ a() }}",
        "{{ a()CHAIN }}",
        "{{ FILTERSa()ENDFILTERS }}",
        "NESTED{{ a()CHAIN }}ENDNESTED",
        "{% set x = NOTa()CHAIN %}",
        "{% for i in [1] %}{% for i in [1] %}{{ a() }}{% endfor %}{% endfor %}",
      })
  void aMacroThatCallsItselfEndsBeforeTheStackDoes(String call) throws InterruptedException {
    String body =
        call.replace("CHAIN", " ~ 1".repeat(450))
            .replace("ENDFILTERS", ")|trim".repeat(40))
            .replace("FILTERS", "(".repeat(40))
            .replace("ENDNESTED", "{% endfor %}".repeat(50))
            .replace("NESTED", "{% for i in [1] %}".repeat(50))
            .replace("NOT", "not ".repeat(40));
    Template template = Template.parse("t", "{% macro a() %}" + body + "{% endmacro %}{{ a() }}");
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread thread =
        new Thread(
            null,
            () -> thrown.set(catchThrowable(() -> template.render(Map.of(), TODAY))),
            "small stack",
            512 * 1024);
    thread.start();
    thread.join();
    assertThat(thrown.get())
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("macros call one another");
  }

  @Test
  void macrosMayCallOneAnotherAsDeepAsSchemasAreNested() {
    String source =
        "{% macro a(n) %}{% if n > 0 %}{{ '[' + a(n - 1) + ']' }}{% endif %}{% endmacro %}{{ a(30) }}";
    assertThat(Template.parse("t", source).render(Map.of(), TODAY))
        .isEqualTo("[".repeat(30) + "]".repeat(30));
  }

  @Test
  void boundsTheDepthOfAHostileTemplate() {
    int deep = 20_000;
    for (String source :
        List.of(
            "{{ " + "(".repeat(deep) + "1" + ")".repeat(deep) + " }}",
            "{{ " + "[".repeat(deep) + "]".repeat(deep) + " }}",
            "{{ " + "not ".repeat(deep) + "a }}",
            "{{ " + "- ".repeat(deep) + "1 }}",
            "{{ " + "a if b else ".repeat(deep) + "c }}",
            "{{ " + "1 + ".repeat(deep) + "1 }}",
            "{{ a" + ".b".repeat(deep) + " }}",
            "{{ a" + "|trim".repeat(deep) + " }}",
            "{{ " + "a and ".repeat(deep) + "b }}",
            "{% if a %}".repeat(deep) + "{% endif %}".repeat(deep),
            "{% for a in b %}".repeat(deep) + "{% endfor %}".repeat(deep))) {
      assertThatThrownBy(() -> Template.parse("t", source)).isInstanceOf(UserMistake.class);
    }
    assertThatThrownBy(() -> Template.parse("t", "x".repeat(1_000_001)))
        .isInstanceOf(UserMistake.class);
  }

  @Test
  void leavesItsVariablesAsTheyWere() {
    Map<String, Object> variables = Map.of("a", "b");
    Template template = Template.parse("t", "{{ a }}{% set a = 'c' %}{{ a }}");
    assertThat(template.render(variables, TODAY)).isEqualTo("bc");
    assertThat(template.render(variables, TODAY)).isEqualTo("bc");
  }

  private static JsonNode json(String name) throws IOException {
    try (InputStream stream =
        TemplateTest.class.getResourceAsStream("/io/capoflow/models/chat/" + name)) {
      return JSON.readTree(stream);
    }
  }
}
