package io.aragora.resilience.jmh.report;

import java.io.StringWriter;
import java.util.Locale;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Writes an SVG, an element a line. The JDK's writer escapes; what XML cannot hold becomes a question mark. */
final class Svg {
  private static final String NAMESPACE = "http://www.w3.org/2000/svg";

  private final StringWriter text = new StringWriter();
  private final XMLStreamWriter xml;

  Svg(double width, double height) {
    try {
      xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
      xml.writeStartElement("svg");
      xml.writeDefaultNamespace(NAMESPACE);
      attributes(
          "viewBox",
          "0 0 " + number(width) + " " + number(height),
          "width",
          width,
          "height",
          height,
          "role",
          "img",
          "aria-labelledby",
          "title description");
      xml.writeCharacters("\n");
    } catch (XMLStreamException e) {
      throw unexpected(e);
    }
  }

  /** An element without content; attributes are names and values in turn. */
  Svg element(String name, Object... attributes) {
    try {
      xml.writeEmptyElement(name);
      attributes(attributes);
      xml.writeCharacters("\n");
      return this;
    } catch (XMLStreamException e) {
      throw unexpected(e);
    }
  }

  /** An element with text in it; attributes are names and values in turn. */
  Svg text(String name, String content, Object... attributes) {
    try {
      xml.writeStartElement(name);
      attributes(attributes);
      xml.writeCharacters(permitted(content));
      xml.writeEndElement();
      xml.writeCharacters("\n");
      return this;
    } catch (XMLStreamException e) {
      throw unexpected(e);
    }
  }

  /** The whole document. */
  String end() {
    try {
      xml.writeEndElement();
      xml.writeCharacters("\n");
      xml.close();
      return text.toString();
    } catch (XMLStreamException e) {
      throw unexpected(e);
    }
  }

  private void attributes(Object... namesAndValues) throws XMLStreamException {
    for (int i = 0; i < namesAndValues.length; i += 2) {
      Object value = namesAndValues[i + 1];
      xml.writeAttribute(
          (String) namesAndValues[i],
          value instanceof Number given
              ? number(given.doubleValue())
              : permitted(value.toString()));
    }
  }

  /** Rounded to a tenth of a pixel, which yields the same text on every machine. */
  private static String number(double value) {
    double rounded = Math.rint(value * 10) / 10;
    return String.format(Locale.ROOT, rounded == Math.rint(rounded) ? "%.0f" : "%.1f", rounded);
  }

  private static String permitted(String content) {
    return content
        .codePoints()
        .map(c -> c == '\n' || c >= 0x20 && c < 0xd800 || c > 0xdfff && c < 0xfffe || c > 0xffff
            ? c
            : '?')
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static IllegalStateException unexpected(XMLStreamException e) {
    return new IllegalStateException("writing to memory failed", e);
  }
}
