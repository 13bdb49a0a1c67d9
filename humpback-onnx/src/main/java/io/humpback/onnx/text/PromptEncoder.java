package io.humpback.onnx.text;

import io.humpback.model.Message;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.onnx.text.python.Strings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Makes the token ids of prompts. In a conversation only the template's own text can become a control token; what the
 * messages say is data. The ids are those of the rendered conversation tokenised as a whole, unless a message holds the
 * text of a control token, which then stays text. Safe for use from many threads.
 *
 * <p>Which parts of a rendered conversation are the template's and which a message's is found by rendering it once with
 * marks in place of the contents, for each sequence of roles. Every conversation is then rendered as it is too, and has
 * to be the template's parts with the contents between them, as they are or trimmed: a template that rewrites, drops or
 * looks into contents is noticed and refused.
 */
public final class PromptEncoder {

    /** Unusual white space around a mark, which only trimming takes away. */
    private static final String PADDING = "\u2003\u2009";

    private static final char MARK = '\uF8F0';
    private static final char MARK_END = '\uF8F1';

    /** Conversations that are kept, so that threads seldom replace each other's; a power of two. */
    private static final int RECENT = 32;

    /** Characters of a conversation that is kept. */
    private static final int MAX_RECENT = 1 << 16;

    /** Characters of a tail that is kept. */
    private static final int MAX_TAIL = 256;

    /** Kept layouts, and kept tails; a run has a handful. */
    private static final int MAX_LAYOUTS = 256;

    private final Tokenizer tokenizer;
    private final @Nullable ChatTemplates template;
    private final Map<Shape, List<Part>> layouts = new ConcurrentHashMap<>();

    /** One conversation is asked for several times in a row: to count its tokens, and with each of some replies. */
    private final AtomicReferenceArray<Conversation> recent = new AtomicReferenceArray<>(RECENT);

    private final SharedBeginnings beginnings;
    private final Map<String, int[]> tails = new ConcurrentHashMap<>();

    private PromptEncoder(Tokenizer tokenizer, @Nullable ChatTemplates template) {
        this.tokenizer = tokenizer;
        this.template = template;
        this.beginnings = new SharedBeginnings(tokenizer);
    }

    /**
     * {@return an encoder}
     *
     * @param tokenizer stays the caller's to close
     * @param template the chat template, null for a model without one, which then takes no conversations
     */
    public static PromptEncoder of(Tokenizer tokenizer, @Nullable ChatTemplates template) {
        return new PromptEncoder(tokenizer, template);
    }

    /**
     * {@return the ids of a prompt} A text has one beginning-of-sequence token first where the model wants one; a
     * conversation has it where the template writes it, as in transformers; ids are taken as they are.
     *
     * @param prompt any prompt
     * @throws ModelException if it is a conversation that the template refuses or whose contents it rewrites
     */
    public int[] encode(Prompt prompt) {
        if (prompt instanceof Prompt.Chat chat) {
            return encode(chat.messages(), true, chat.replyStart());
        }
        if (prompt instanceof Prompt.Text text) {
            return tokenizer.encodePrompt(text.text());
        }
        return ((Prompt.Ids) prompt).ids().stream().mapToInt(Integer::intValue).toArray();
    }

    /**
     * {@return the ids of a conversation, with no beginning-of-sequence token but what the template writes}
     *
     * @param messages the turns, not empty
     * @param addGenerationPrompt whether the head of the model's next turn follows
     * @param replyStart text that comes last and is data too, empty for none
     * @throws ModelException if the template refuses the conversation or rewrites its contents
     */
    public int[] encode(List<Message> messages, boolean addGenerationPrompt, String replyStart) {
        Conversation conversation = recent(List.copyOf(messages), addGenerationPrompt);
        return joined(conversation.head, tail(conversation.tail + replyStart));
    }

    /** {@return the ids of what stands behind the last control token, which with a judge's options are a handful of texts} */
    private int[] tail(String marked) {
        if (marked.length() > MAX_TAIL) {
            return tokenizer.encodeMarked(marked);
        }
        if (tails.size() >= MAX_LAYOUTS) {
            tails.clear();
        }
        return tails.computeIfAbsent(marked, tokenizer::encodeMarked);
    }

    /** {@return a conversation, which is known by its list of messages if it was asked for a moment ago} */
    private Conversation recent(List<Message> messages, boolean addGenerationPrompt) {
        int slot = System.identityHashCode(messages) & RECENT - 1;
        Conversation conversation = recent.get(slot);
        if (conversation == null || !conversation.isOf(messages, addGenerationPrompt)) {
            conversation = conversation(messages, addGenerationPrompt);
            recent.set(slot, characters(messages) > MAX_RECENT ? null : conversation);
        }
        return conversation;
    }

    /** A conversation up to its last control token, behind which nothing merges with it, and what follows as text. */
    private record Conversation(List<Message> messages, boolean addGenerationPrompt, int[] head, String tail) {

        boolean isOf(List<Message> others, boolean otherPrompt) {
            return messages == others && addGenerationPrompt == otherPrompt;
        }
    }

    private Conversation conversation(List<Message> messages, boolean addGenerationPrompt) {
        StringBuilder marked = new StringBuilder();
        int cut = 0;
        for (Part part : laidOut(messages, addGenerationPrompt)) {
            if (part instanceof Words words && words.cut() > 0) {
                cut = marked.length() + words.cut();
            }
            part.appendTo(marked, messages);
        }
        return new Conversation(
                messages, addGenerationPrompt, beginnings.encode(marked.substring(0, cut)), marked.substring(cut));
    }

    private static long characters(List<Message> messages) {
        return messages.stream()
                .mapToLong(message -> message.content().length())
                .sum();
    }

    /**
     * {@return the ids of a conversation with the model's turn, up to the token that ends it} The conversation stands
     * as for {@link #encode(Prompt)}; after the turn's text comes what the template puts there, up to its first control
     * token. Where it puts none, the text is followed by the end token.
     *
     * @param chat what the model is asked
     * @param reply text of its turn after the forced beginning; white space that the template takes off is
     * @param end id of the end token, empty for a model without one
     * @throws ModelException if the template refuses the conversation or rewrites its contents
     */
    public int[] encode(Prompt.Chat chat, String reply, OptionalInt end) {
        List<Message> all = new ArrayList<>(chat.messages());
        all.add(Message.assistant(chat.replyStart() + reply));
        List<Part> parts = laidOut(all, false);
        Words tail = (Words) parts.get(parts.size() - 1);
        StringBuilder marked = new StringBuilder();
        laidOut(chat.messages(), true).forEach(part -> part.appendTo(marked, chat.messages()));
        if (parts.size() > 1
                && parts.get(parts.size() - 2) instanceof Content content
                && content.message() == all.size() - 1) {
            boolean left = content.trimmedLeft() && chat.replyStart().isEmpty();
            marked.append(chat.replyStart()).append(Strings.strip(reply, null, left, content.trimmedRight()));
        } else if (!reply.isEmpty() || !chat.replyStart().isEmpty()) {
            throw rewritten(all);
        }
        int[] behind = tokenizer.encodeMarked(tail.marked());
        for (int i = 0; i < behind.length; i++) {
            if (tokenizer.controlIds().contains(behind[i])) {
                int[] whole =
                        tokenizer.encodeMarked(marked.append(tail.marked()).toString());
                return Arrays.copyOf(whole, whole.length - (behind.length - 1 - i));
            }
        }
        return ended(tokenizer.encodeMarked(marked.toString()), end);
    }

    /** {@return ids, and others behind them} */
    public static int[] joined(int[] first, int[] second) {
        int[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /** {@return ids with the end token last, unless it is there already} */
    static int[] ended(int[] ids, OptionalInt end) {
        if (end.isEmpty() || ids.length > 0 && ids[ids.length - 1] == end.getAsInt()) {
            return ids;
        }
        int[] ended = Arrays.copyOf(ids, ids.length + 1);
        ended[ids.length] = end.getAsInt();
        return ended;
    }

    /** {@return the parts of a conversation, which together are what the template makes of it} */
    private List<Part> laidOut(List<Message> messages, boolean addGenerationPrompt) {
        if (template == null) {
            throw new ModelException("the model has no chat template, so it takes text but no conversations");
        }
        long characters = characters(messages);
        if (characters > Tokenizer.MAX_CHARS) {
            throw new ModelException(
                    "conversation of " + characters + " characters: expected at most " + Tokenizer.MAX_CHARS);
        }
        Shape shape = Shape.of(messages, addGenerationPrompt);
        List<Part> layout = layouts.get(shape);
        if (layout == null) {
            layout = layout(template, messages, addGenerationPrompt);
            if (layouts.size() >= MAX_LAYOUTS) {
                layouts.clear();
            }
            layouts.put(shape, layout);
        }
        StringBuilder text = new StringBuilder();
        for (Part part : layout) {
            text.append(part instanceof Words words ? words.text() : ((Content) part).of(messages));
        }
        if (!template.render(messages, addGenerationPrompt).contentEquals(text)) {
            throw rewritten(messages);
        }
        return layout;
    }

    /**
     * {@return the ids of text that is data, such as a given completion} Tokenizers that put a space before what begins a text
     * put none here.
     *
     * @param text what follows a prompt
     */
    public int[] encodePlain(String text) {
        int[] before = tokenizer.encodePlain("\n");
        int[] both = tokenizer.encodePlain("\n" + text);
        return tokenizer.spacesBeginnings() && Arrays.mismatch(before, both) == before.length
                ? Arrays.copyOfRange(both, before.length, both.length)
                : tokenizer.encodePlain(text);
    }

    /** Conversations of one shape have one layout: roles, and which contents are empty, since templates ask for that. */
    private record Shape(List<Message.Role> roles, List<Boolean> empty, boolean addGenerationPrompt) {
        static Shape of(List<Message> messages, boolean addGenerationPrompt) {
            return new Shape(
                    messages.stream().map(Message::role).toList(),
                    messages.stream()
                            .map(message -> message.content().isEmpty())
                            .toList(),
                    addGenerationPrompt);
        }
    }

    private sealed interface Part {
        /** Appends the part, in which control tokens of the template's own are marked. */
        void appendTo(StringBuilder marked, List<Message> messages);
    }

    /** The template's own text, also with control tokens marked, which is tokenised by itself up to the cut. */
    private record Words(String text, String marked, int cut) implements Part {
        @Override
        public void appendTo(StringBuilder out, List<Message> messages) {
            out.append(marked);
        }
    }

    /** Where the content of a message stands. */
    private record Content(int message, boolean trimmedLeft, boolean trimmedRight) implements Part {
        @Override
        public void appendTo(StringBuilder marked, List<Message> messages) {
            marked.append(of(messages));
        }

        String of(List<Message> messages) {
            return Strings.strip(messages.get(message).content(), null, trimmedLeft, trimmedRight);
        }
    }

    private List<Part> layout(ChatTemplates template, List<Message> messages, boolean addGenerationPrompt) {
        List<Message> marks = new ArrayList<>(messages.size());
        for (int i = 0; i < messages.size(); i++) {
            Message message = messages.get(i);
            marks.add(
                    message.content().isEmpty()
                            ? message
                            : new Message(message.role(), PADDING + MARK + i + MARK_END + PADDING));
        }
        String rendered = template.render(marks, addGenerationPrompt);
        List<Part> layout = new ArrayList<>();
        boolean[] seen = new boolean[messages.size()];
        int at = 0;
        for (int mark; (mark = rendered.indexOf(MARK, at)) >= 0; ) {
            int end = rendered.indexOf(MARK_END, mark);
            int message = end < 0 ? -1 : index(rendered.substring(mark + 1, end), messages.size());
            if (message < 0) {
                throw rewritten(messages);
            }
            seen[message] = true;
            String before = rendered.substring(at, mark);
            boolean left = before.endsWith(PADDING);
            layout.add(words(left ? before.substring(0, before.length() - PADDING.length()) : before));
            boolean right = rendered.startsWith(PADDING, end + 1);
            layout.add(new Content(message, !left, !right));
            at = end + 1 + (right ? PADDING.length() : 0);
        }
        layout.add(words(rendered.substring(at)));
        for (int i = 0; i < seen.length; i++) {
            if (!seen[i] && !messages.get(i).content().isEmpty()) {
                throw new ModelException("chat template: leaves out what the "
                        + messages.get(i).role().key() + " says in message " + i);
            }
        }
        return List.copyOf(layout);
    }

    private Words words(String text) {
        String marked = tokenizer.marked(text);
        return new Words(text, marked, tokenizer.cut(marked));
    }

    /** {@return the number of a message, -1 if it is none} */
    private static int index(String digits, int messages) {
        try {
            int index = Integer.parseInt(digits);
            return index >= 0 && index < messages ? index : -1;
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static ModelException rewritten(List<Message> messages) {
        return new ModelException("chat template: changes or looks into what the messages say (roles "
                + messages.stream().map(message -> message.role().key()).toList()
                + "), so that their text cannot be told from the template's");
    }
}
