package io.humpback.hub;

import io.humpback.hub.HubClient.BusyException;
import io.humpback.internal.AtomicFiles;
import io.humpback.internal.Places;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One file on its way into the cache. What has come lies in {@code HASH.incomplete} and stays when the process ends; the next
 * one goes on there. It gets its name when size and hash are those that the hub told.
 */
final class Download {

    private static final Pattern RANGE = Pattern.compile("bytes (\\d{1,15})-\\d{1,15}/(\\d{1,15}|\\*)");
    private static final int CHUNK = 1 << 16;

    /** A try that brings as much is not counted as one that failed. */
    private static final long WORTH = 1 << 20;

    private final HubClient client;
    private final HubName name;
    private final String commit;
    private final String path;
    private final HubFile file;
    private final LongConsumer progress;
    private MessageDigest digest;
    private long done;
    private long reached;

    /**
     * A file of a commit.
     *
     * @param progress is told the bytes that are there so far, which may become fewer
     */
    Download(HubClient client, HubName name, String commit, String path, HubFile file, LongConsumer progress) {
        this.client = client;
        this.name = name;
        this.commit = commit;
        this.path = path;
        this.file = file;
        this.progress = progress;
        digest = file.digest();
    }

    /** {@return where a file lies until it is whole} */
    static Path incomplete(Path blob) {
        return blob.resolveSibling(blob.getFileName() + ".incomplete");
    }

    /** Fetches it; the lock must be held. */
    void to(Path blob) throws IOException {
        Path part = incomplete(blob);
        if (!Files.isRegularFile(part, LinkOption.NOFOLLOW_LINKS)) {
            Files.deleteIfExists(part);
        }
        try (FileChannel channel =
                FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            resume(channel);
            boolean resumed = done > 0;
            fill(channel);
            if (resumed && !found().equals(file.hash())) { // what lay there was something else
                restart(channel);
                fill(channel);
            }
        }
        String found = found();
        if (!found.equals(file.hash())) {
            Files.delete(part);
            throw new IOException(name.file(path) + ": " + file.algorithm() + " " + found + ", expected " + file.hash()
                    + ", which the hub tells: damaged or changed on its way, try again");
        }
        AtomicFiles.replace(part, blob);
    }

    private String found() throws IOException {
        try {
            return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
        } catch (CloneNotSupportedException e) {
            throw new IOException(e);
        }
    }

    private void resume(FileChannel channel) throws IOException {
        if (channel.size() > file.size()) {
            channel.truncate(0);
        }
        ByteBuffer some = ByteBuffer.allocate(CHUNK);
        while (channel.read(some) >= 0) {
            done += some.position();
            digest.update(some.flip());
            some.clear();
        }
        progress.accept(done);
    }

    private void restart(FileChannel channel) throws IOException {
        channel.truncate(0);
        done = 0;
        digest = file.digest();
        progress.accept(0);
    }

    /** Fetches what is missing, in as many requests as it takes, as long as it gets farther than ever before. */
    private void fill(FileChannel channel) throws IOException {
        int failures = 0;
        long farthest = done;
        while (done < file.size()) {
            try {
                receive(channel);
            } catch (BusyException e) {
                boolean farther = reached - farthest >= WORTH;
                farthest = farther ? reached : farthest;
                failures = farther ? 1 : failures + 1;
                await(e, failures);
            }
        }
    }

    private void await(BusyException failure, int failures) throws IOException {
        try {
            client.await(failure, failures);
        } catch (BusyException e) {
            if (done == 0) {
                throw e;
            }
            throw new IOException(
                    name.file(path) + ": broke off after " + done + " of " + file.size()
                            + " bytes, which are kept: the next try goes on there (" + e.getMessage() + ")",
                    e);
        }
    }

    /** Takes in one answer, all of it or until it breaks off. */
    private void receive(FileChannel channel) throws IOException {
        HttpResponse<InputStream> answer = client.content(name, commit, path, done);
        try (InputStream body = answer.body()) {
            if (answer.statusCode() == 416 || answer.statusCode() == 206 && !goesOn(answer)) {
                restart(channel);
                throw new BusyException(
                        name.file(path) + ": the hub answers with other bytes than asked for", null, null);
            }
            if (answer.statusCode() == 200 && done > 0) {
                restart(channel);
            }
            byte[] chunk = new byte[CHUNK];
            while (done < file.size()) {
                int n = read(body, chunk);
                write(channel, chunk, n);
            }
        }
    }

    private boolean goesOn(HttpResponse<?> answer) {
        Matcher range =
                RANGE.matcher(answer.headers().firstValue("Content-Range").orElse(""));
        return range.matches()
                && Long.parseLong(range.group(1)) == done
                && (range.group(2).equals("*") || Long.parseLong(range.group(2)) == file.size());
    }

    private int read(InputStream body, byte[] chunk) throws IOException {
        int n;
        try {
            n = body.read(chunk, 0, (int) Math.min(chunk.length, file.size() - done));
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            throw new BusyException(e.getMessage(), null, e);
        }
        if (n < 0) {
            throw new BusyException("the hub's answer ended early", null, null);
        }
        return n;
    }

    private void write(FileChannel channel, byte[] chunk, int n) throws IOException {
        try {
            for (ByteBuffer rest = ByteBuffer.wrap(chunk, 0, n); rest.hasRemaining(); ) {
                channel.write(rest, done + rest.position());
            }
        } catch (IOException e) {
            throw Places.naming(Path.of(file.hash()), e);
        }
        digest.update(chunk, 0, n);
        done += n;
        reached = Math.max(reached, done);
        progress.accept(done);
    }
}
