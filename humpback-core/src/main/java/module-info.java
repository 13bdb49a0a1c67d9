/**
 * Self-alignment by instruction backtranslation: the method, its data and its runs. Models are known through
 * {@link io.humpback.model} alone; {@code io.humpback.onnx} brings some.
 */
// the modules of the qualified export are compiled later; commons-math3 and others have no descriptor
@SuppressWarnings({"module", "requires-automatic", "requires-transitive-automatic"})
module io.humpback {
    requires transitive com.fasterxml.jackson.databind;
    requires transitive org.jsoup;
    requires static transitive org.jspecify;
    requires com.fasterxml.jackson.core;
    requires com.github.albfernandez.juniversalchardet;
    requires com.github.luben.zstd_jni;
    requires com.sun.jna;
    requires commons.math3;
    requires dec;
    requires liblinear;
    requires java.net.http;
    requires java.sql;
    requires org.apache.commons.compress;
    requires static java.desktop;
    requires static langchain4j.core;
    requires static org.apache.opennlp.tools;
    requires static spring.ai.commons;
    requires static xchart;
    requires org.xerial.sqlitejdbc;

    exports io.humpback;
    exports io.humpback.data;
    exports io.humpback.data.file;
    exports io.humpback.data.format;
    exports io.humpback.data.web;
    exports io.humpback.judge;
    exports io.humpback.langchain4j;
    exports io.humpback.model;
    exports io.humpback.quality;
    exports io.humpback.question;
    exports io.humpback.report;
    exports io.humpback.run;
    exports io.humpback.springai;
    exports io.humpback.testing;
    exports io.humpback.hub to
            io.humpback.onnx,
            io.humpback.examples;
    exports io.humpback.internal to
            io.humpback.onnx,
            io.humpback.examples;
    exports io.humpback.internal.reading to
            io.humpback.examples;
    exports io.humpback.prompt to
            io.humpback.examples;

    // what a training leaves is read and written as it is
    opens io.humpback.judge to
            com.fasterxml.jackson.databind;
}
