package io.humpback.onnx;

import io.humpback.model.Choice;
import io.humpback.model.Continuation;
import io.humpback.model.HiddenStates;
import io.humpback.model.Message;
import io.humpback.model.Prompt;
import io.humpback.model.PromptTooLongException;
import io.humpback.onnx.run.StateRequest;
import io.humpback.onnx.run.TokenContinuation;
import io.humpback.onnx.text.PromptEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/** Input of a model as token ids that are checked to be in the vocabulary and to fit the context. */
final class ModelInputs {

    private final PromptEncoder encoder;
    private final int vocabulary;
    private final int contextLength;

    ModelInputs(PromptEncoder encoder, int vocabulary, int contextLength) {
        this.encoder = encoder;
        this.vocabulary = vocabulary;
        this.contextLength = contextLength;
    }

    /** {@return the ids of a prompt, of any length} */
    int[] prompt(Prompt prompt) {
        return inVocabulary(encoder.encode(prompt));
    }

    /** {@return the ids of a prompt that leaves room for a token, as item of a stream} */
    int[] promptToComplete(Prompt prompt, long item) {
        int[] ids = prompt(prompt);
        checkLength(ids.length, item, contextLength - 1);
        return ids;
    }

    /** {@return what may follow a prompt, tokenised together with it where they meet, as item of a stream} */
    OptionTree options(Choice.Options options, long item) {
        OptionTree tree = OptionTree.of(
                options.texts(),
                options.texts().stream()
                        .map(text -> inVocabulary(followed(options.prompt(), text)))
                        .toArray(int[][]::new));
        checkLength(tree.longest(), item, contextLength);
        return tree;
    }

    private int[] followed(Prompt prompt, String text) {
        if (prompt instanceof Prompt.Chat chat) {
            return encoder.encode(chat.replyingWith(chat.replyStart() + text));
        }
        return PromptEncoder.joined(encoder.encode(prompt), encoder.encodePlain(text));
    }

    /**
     * {@return the ids of a prompt with the place of its span, as item of a stream} The span begins where the ids differ from
     * those of the prompt cut off before it, and ends where they differ from those of the prompt cut off behind it.
     */
    StateRequest states(HiddenStates.Request request, List<Integer> layers, long item) {
        int[] ids = prompt(request.prompt());
        checkLength(ids.length, item, contextLength);
        if (!request.hasSpan()) {
            return new StateRequest(ids, 0, 0, layers);
        }
        int from = before(request.prompt(), request.from(), ids);
        int to = before(request.prompt(), request.to(), ids);
        return new StateRequest(ids, from, Math.max(to, from + 1), layers);
    }

    /** {@return how many ids of a prompt are those of its first characters alone, and not all of them} */
    private int before(Prompt prompt, int characters, int[] ids) {
        int[] cut;
        if (prompt instanceof Prompt.Ids) {
            return characters;
        } else if (prompt instanceof Prompt.Chat chat) {
            List<Message> messages = new ArrayList<>(chat.messages());
            Message last = messages.remove(messages.size() - 1);
            messages.add(new Message(last.role(), last.content().substring(0, characters)));
            cut = encoder.encode(messages, true, "");
        } else {
            String text = ((Prompt.Text) prompt).text().substring(0, characters);
            cut = text.isEmpty() ? new int[0] : encoder.encode(Prompt.text(text));
        }
        int differs = Arrays.mismatch(ids, cut);
        return differs < 0 ? ids.length : Math.min(differs, ids.length - 1);
    }

    TokenContinuation continuation(Continuation continuation, long item) {
        TokenContinuation ids = tokens(continuation);
        checkLength(ids.prompt().length, item, contextLength);
        checkLength(ids.length(), item, contextLength + 1); // the last token is not read
        return ids;
    }

    private TokenContinuation tokens(Continuation continuation) {
        List<Integer> given = continuation.ids();
        int[] completion = given == null
                ? inVocabulary(encoder.encodePlain(Objects.requireNonNull(continuation.text())))
                : inVocabulary(given.stream().mapToInt(Integer::intValue).toArray());
        return new TokenContinuation(prompt(continuation.prompt()), completion);
    }

    /**
     * {@return the ids of a turn with what it follows, as a reward model reads them: a conversation is laid out with the turn}
     *
     * @param pad a token that is passed over where the turn ends with it
     */
    int[] turn(Continuation turn, OptionalInt pad) {
        int[] ids;
        if (turn.prompt() instanceof Prompt.Chat chat && turn.text() != null) {
            List<Message> messages = new ArrayList<>(chat.messages());
            messages.add(Message.assistant(chat.replyStart() + turn.text()));
            ids = inVocabulary(encoder.encode(messages, false, ""));
        } else {
            TokenContinuation both = tokens(turn);
            ids = PromptEncoder.joined(both.prompt(), both.completion());
        }
        int length = ids.length;
        while (length > 1 && pad.isPresent() && ids[length - 1] == pad.getAsInt()) {
            length--;
        }
        return Arrays.copyOf(ids, length);
    }

    /** {@return the same, which has to fit the context, as item of a stream} */
    int[] turn(Continuation turn, OptionalInt pad, long item) {
        int[] ids = turn(turn, pad);
        checkLength(ids.length, item, contextLength);
        return ids;
    }

    private static void checkLength(int tokens, long item, int limit) {
        if (tokens > limit) {
            throw new PromptTooLongException(item, tokens, limit);
        }
    }

    /** {@return the ids, checked} */
    int[] inVocabulary(int... ids) {
        for (int id : ids) {
            if (id < 0 || id >= vocabulary) {
                throw new IllegalArgumentException("token id " + id + ": expected 0 to " + (vocabulary - 1));
            }
        }
        return ids;
    }
}
