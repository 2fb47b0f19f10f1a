package dev.carillon.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.lang.ref.WeakReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicTemplateTest {
    /** Examples of RFC 6570, sections 3.2.1 to 3.2.9. */
    private static final String EXPANSIONS = """
            {count} one,two,three
            {count*} one,two,three
            {/count} /one,two,three
            {/count*} /one/two/three
            {;count} ;count=one,two,three
            {;count*} ;count=one;count=two;count=three
            {?count} ?count=one,two,three
            {?count*} ?count=one&count=two&count=three
            {&count*} &count=one&count=two&count=three
            {var} value
            {hello} Hello%20World%21
            {half} 50%25
            O{empty}X OX
            O{undef}X OX
            {x,y} 1024,768
            {x,hello,y} 1024,Hello%20World%21,768
            ?{x,empty} ?1024,
            ?{x,undef} ?1024
            {var:3} val
            {var:30} value
            {list*} red,green,blue
            {keys} semi,%3B,dot,.,comma,%2C
            {keys*} semi=%3B,dot=.,comma=%2C
            {+hello} Hello%20World!
            {+half} 50%25
            {base}index http%3A%2F%2Fexample.com%2Fhome%2Findex
            {+base}index http://example.com/home/index
            O{+empty}X OX
            {+path}/here /foo/bar/here
            here?ref={+path} here?ref=/foo/bar
            up{+path}{var}/here up/foo/barvalue/here
            {+x,hello,y} 1024,Hello%20World!,768
            {+path,x}/here /foo/bar,1024/here
            {+path:6}/here /foo/b/here
            {+keys} semi,;,dot,.,comma,,
            {+keys*} semi=;,dot=.,comma=,
            {#var} #value
            {#hello} #Hello%20World!
            foo{#empty} foo#
            foo{#undef} foo
            {#x,hello,y} #1024,Hello%20World!,768
            {#path,x}/here #/foo/bar,1024/here
            {#path:6}/here #/foo/b/here
            {#keys} #semi,;,dot,.,comma,,
            {#keys*} #semi=;,dot=.,comma=,
            {.who} .fred
            {.who,who} .fred.fred
            {.half,who} .50%25.fred
            www{.dom*} www.example.com
            X{.empty} X.
            X{.undef} X
            X{.var:3} X.val
            X{.list} X.red,green,blue
            X{.list*} X.red.green.blue
            X{.keys} X.semi,%3B,dot,.,comma,%2C
            X{.keys*} X.semi=%3B.dot=..comma=%2C
            {/who} /fred
            {/who,who} /fred/fred
            {/half,who} /50%25/fred
            {/who,dub} /fred/me%2Ftoo
            {/var,empty} /value/
            {/var,undef} /value
            {/var,x}/here /value/1024/here
            {/var:1,var} /v/value
            {/list} /red,green,blue
            {/list*} /red/green/blue
            {/list*,path:4} /red/green/blue/%2Ffoo
            {/keys} /semi,%3B,dot,.,comma,%2C
            {/keys*} /semi=%3B/dot=./comma=%2C
            {;who} ;who=fred
            {;half} ;half=50%25
            {;empty} ;empty
            {;v,empty,who} ;v=6;empty;who=fred
            {;v,bar,who} ;v=6;who=fred
            {;x,y,empty} ;x=1024;y=768;empty
            {;x,y,undef} ;x=1024;y=768
            {;hello:5} ;hello=Hello
            {;list*} ;list=red;list=green;list=blue
            {;keys} ;keys=semi,%3B,dot,.,comma,%2C
            {;keys*} ;semi=%3B;dot=.;comma=%2C
            {?who} ?who=fred
            {?half} ?half=50%25
            {?x,y} ?x=1024&y=768
            {?x,y,empty} ?x=1024&y=768&empty=
            {?x,y,undef} ?x=1024&y=768
            {?var:3} ?var=val
            {?list*} ?list=red&list=green&list=blue
            {?keys} ?keys=semi,%3B,dot,.,comma,%2C
            {?keys*} ?semi=%3B&dot=.&comma=%2C
            {&who} &who=fred
            {&half} &half=50%25
            ?fixed=yes{&x} ?fixed=yes&x=1024
            {&x,y,empty} &x=1024&y=768&empty=
            {&x,y,undef} &x=1024&y=768
            {&var:3} &var=val
            {&list*} &list=red&list=green&list=blue
            {&keys*} &semi=%3B&dot=.&comma=%2C""";

    @Test
    void examples_of_the_rfc_match_their_expansions() {
        String[] lines = EXPANSIONS.split("\n");

        assertThat(lines)
                .hasSize(97)
                .allSatisfy(
                        line -> assertThat(matches(before(line), after(line))).isTrue());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            quoteCharacter = '`',
            value = {
                "{x} a/b",
                "{x} a:b",
                "{x} a=b",
                "{x} a;b",
                "{x} a!",
                "{x} ü",
                "{x} %",
                "{x} %4",
                "{x} %4g",
                "{x} a%",
                "{+x} ü",
                "{+x} a\"b",
                "{+x} a%zz",
                "{x}4 %4",
                "{x}41 %41",
                "%41{x} A",
                "%C3%BC{x} ü",
                "a{x} b",
                "a{x} A",
                "{x}a b",
                "a{x}c abd",
                "a{x}a a",
                "https://a/{x} http://a/1",
                "https://a/{x} https://a/1/2",
                "https://a/{x}/c https://a/b/c/",
                "{#x} a",
                "{.x} a",
                "{.x} .a/b",
                "{/x} a",
                "{/x} /a/b",
                "{/x} /a=b",
                "{/x,y} /a/b/c",
                "{/x,y} a/b",
                "{/x*} a/b",
                "{/x*} /a;b",
                "{;x} ;a;b",
                "{;x,y} ;a;b;c",
                "{;x*} ;a&b",
                "{?x} ?a&b",
                "{?x} ?a?b",
                "{?x,y} ?a&b&c",
                "{?x,y} &a",
                "{?x*} &a",
                "{?x*} ?a/b",
                "{&x} ?a",
                "{&x,y} &a&b&c",
                "{x,y} a/b"
            })
    void template_does_not_match_topics_to_which_it_cannot_expand(String template, String topic) {
        assertThat(matches(template, topic)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "https://example.com/books/{id} https://example.com/books/1",
                "https://example.com/books/{id} https://example.com/books/",
                "{x:3} abcdef",
                "{x}{y}{z} abc",
                "{/x}{/y} /a",
                "{?x,y}{/z} /a",
                "{?x,y}{&z} &a",
                "ü/{x} ü/1",
                "ü/{x} %C3%BC/1",
                "€🔔{x}🔔 €%F0%9F%94%941🔔",
                "%C3%BC{x} %C3%BC",
                "{x}%41 %41%41",
                "{%41.b_1:9999,c*} a=b",
                "{x} {x}",
                "a/{x}/b a/{x}/b"
            })
    void template_matches_its_expansions_and_its_own_text(String template, String topic) {
        assertThat(matches(template, topic)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "*",
                "}",
                "{",
                "{}",
                "{x",
                "x}",
                "{x}}",
                "{{x}}",
                "{=x}",
                "{,x}",
                "{!x}",
                "{@x}",
                "{|x}",
                "{x,}",
                "{,}",
                "{+}",
                "{x:0}",
                "{x:01}",
                "{x:10000}",
                "{x:}",
                "{x:a}",
                "{x*:3}",
                "{x:3*}",
                "{x**}",
                "{x y}",
                "{x-y}",
                "{.}",
                "{x.}",
                "{x..y}",
                "{..x}",
                "{ü}",
                "{%4}",
                "{%zz}",
                "a b{x}",
                "a'{x}",
                "a\"{x}",
                "<{x}",
                "|{x}",
                "%{x}",
                "%4{x}",
                "%zz{x}",
                "{x}%",
                "{x}%4",
                "a\u0085{x}",
                "a\n{x}",
                "a\ud800{x}",
                "\u0000{x}"
            })
    void malformed_templates_are_not_parsed(String text) {
        assertThat(TopicTemplate.parse(text)).isEmpty();
    }

    @Test
    void length_of_a_template_and_of_its_literals_is_limited() {
        assertThat(TopicTemplate.parse("x".repeat(1021) + "{x}")).isPresent();
        assertThat(TopicTemplate.parse("x".repeat(1022) + "{x}")).isEmpty();
        assertThat(TopicTemplate.parse("ü".repeat(512) + "{x}")).isPresent();
        assertThat(TopicTemplate.parse("ü".repeat(512) + "{x}y")).isEmpty();
    }

    @Test
    void literal_prefix_consists_of_the_ascii_characters_before_the_first_expression() {
        assertThat(parse("https://example.com/{id}/x").literalPrefix()).isEqualTo("https://example.com/");
        assertThat(parse("a/ü{id}").literalPrefix()).isEqualTo("a/");
        assertThat(parse("{id}/x").literalPrefix()).isEmpty();
        assertThat(TopicTemplate.ANY.literalPrefix()).isEmpty();
    }

    @Test
    void any_matches_every_topic() {
        assertThat(TopicTemplate.ANY.text()).isEqualTo("*");
        assertThat(TopicTemplate.ANY.matches("ü \"{x")).isTrue();
    }

    @Test
    void equal_templates_share_an_instance_that_can_be_collected() {
        TopicTemplate template = parse("https://example.com/shared/{id}");
        assertThat(parse("https://example.com/shared/{id}")).isSameAs(template).isEqualTo(template);
        assertThat(parse("https://example.com/shared/{di}")).isNotEqualTo(template);

        WeakReference<TopicTemplate> unreferenced = new WeakReference<>(parse("https://example.com/unreferenced/{id}"));
        await().until(() -> {
            System.gc();
            return unreferenced.refersTo(null);
        });
    }

    private static boolean matches(String template, String topic) {
        return parse(template).matches(topic);
    }

    private static TopicTemplate parse(String text) {
        return TopicTemplate.parse(text).orElseThrow(() -> new AssertionError(text));
    }

    private static String before(String line) {
        return line.substring(0, line.indexOf(' '));
    }

    private static String after(String line) {
        return line.substring(line.indexOf(' ') + 1);
    }
}
