package io.aragora.resilience.jmh.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.jmh.report.Bar.Verdict;
import java.io.StringReader;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class ChartTest {
  private static final Chart.Panel PANEL =
      new Chart.Panel("percent", Scale.linear(100), 0, 50, tick -> tick + " %", 200, 40);

  private static Chart chart(String title, Bar... bars) {
    return new Chart(
        title,
        "described",
        List.of("JDK 17"),
        List.of(new Chart.Legend("bad", "missed")),
        List.of(PANEL),
        List.of(bars).stream()
            .map(bar -> new Chart.Row("group", "", List.of(List.of(bar))))
            .toList(),
        List.of("footer"));
  }

  private static Document parsed(Chart chart) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(chart.svg())));
  }

  private static List<Element> elements(Document document, String name, String css) {
    NodeList found = document.getElementsByTagName(name);
    return IntStream.range(0, found.getLength())
        .mapToObj(i -> (Element) found.item(i))
        .filter(element -> element.getAttribute("class").equals(css))
        .toList();
  }

  @Test
  void svg_markupInText_isText() throws Exception {
    String title = "<script>alert(1)</script> & \"]]>";
    Document document = parsed(chart(title, Bar.of(1, Verdict.GOOD, "</text><a href='x'>")));
    assertThat(document.getElementsByTagName("title").item(0).getTextContent()).isEqualTo(title);
    assertThat(document.getElementsByTagName("script").getLength()).isZero();
    assertThat(document.getElementsByTagName("a").getLength()).isZero();
  }

  @Test
  void svg_charactersThatXmlCannotHold_becomeQuestionMarks() throws Exception {
    Document document = parsed(chart("a\u0000b\u001bc\ud800d\uffff", Bar.missing("–")));
    assertThat(document.getElementsByTagName("title").item(0).getTextContent())
        .isEqualTo("a?b?c?d?");
  }

  @Test
  void svg_hasTitleAndDescription_thatItsRootNames() throws Exception {
    Element root = parsed(chart("title", Bar.missing("–"))).getDocumentElement();
    assertThat(root.getAttribute("role")).isEqualTo("img");
    assertThat(root.getAttribute("aria-labelledby")).isEqualTo("title description");
    assertThat(root.getElementsByTagName("desc").item(0).getTextContent()).isEqualTo("described");
  }

  @Test
  void svgBar_isAsLongAsItsValue_andHasItsVerdict() throws Exception {
    Document document = parsed(chart("title", Bar.of(75, Verdict.GOOD, "75 %")));
    assertThat(elements(document, "rect", "good"))
        .singleElement()
        .extracting(bar -> bar.getAttribute("width"))
        .isEqualTo("150");
    Document missed = parsed(chart("title", Bar.of(80, Verdict.BAD, "80 %")));
    assertThat(elements(missed, "text", "small badText"))
        .singleElement()
        .extracting(Element::getTextContent)
        .isEqualTo("80 %");
  }

  @Test
  void svg_missing_saysWhyAndHasNoBar() throws Exception {
    Document document = parsed(chart("title", Bar.missing("not measured")));
    assertThat(document.getDocumentElement().getTextContent()).contains("not measured");
    assertThat(elements(document, "rect", "plain")).hasSize(1); // the legend's
    assertThat(elements(document, "line", "error")).isEmpty();
  }

  @Test
  void svg_intervalBeyondTheAxis_hasNoEndThere() throws Exception {
    Bar bar = Bar.of(60, Verdict.PLAIN, "60 %");
    assertThat(elements(parsed(chart("title", bar.error(20))), "line", "error")).hasSize(3);
    assertThat(elements(parsed(chart("title", bar.error(50))), "line", "error")).hasSize(2);
    assertThat(elements(parsed(chart("title", bar.error(90))), "line", "error")).hasSize(1);
  }

  @Test
  void svg_referenceAndMark_areWhereTheirValuesAre() throws Exception {
    Document document = parsed(chart("title", Bar.of(60, Verdict.PLAIN, "60 %").mark(50)));
    assertThat(elements(document, "line", "mark").get(0).getAttribute("x1"))
        .isEqualTo(elements(document, "line", "axis").get(0).getAttribute("x1"));
  }
}
