package io.humpback.model;

import java.util.Objects;

/**
 * One turn of a conversation. The content is data: whatever it holds, it is tokenised as plain text and can never
 * become a control token.
 *
 * @param role who speaks
 * @param content what is said
 */
public record Message(Role role, String content) {

    /** Who speaks, with the names that chat templates use. */
    public enum Role {
        /** Instructions of the deployer. */
        SYSTEM,
        /** The person. */
        USER,
        /** The model. */
        ASSISTANT;

        /** {@return the name in chat templates, such as {@code "user"}} */
        public String key() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        /**
         * {@return the role of a name as chat templates use it}
         *
         * @throws IllegalArgumentException if it is none of system, user, assistant
         */
        public static Role of(String key) {
            for (Role role : values()) {
                if (role.key().equals(key)) {
                    return role;
                }
            }
            throw new IllegalArgumentException("role \"" + key + "\": expected system, user or assistant");
        }
    }

    /** Checks that nothing is null. */
    public Message {
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(content, "content");
    }

    /** {@return a system turn} */
    public static Message system(String content) {
        return new Message(Role.SYSTEM, content);
    }

    /** {@return a user turn} */
    public static Message user(String content) {
        return new Message(Role.USER, content);
    }

    /** {@return an assistant turn} */
    public static Message assistant(String content) {
        return new Message(Role.ASSISTANT, content);
    }
}
