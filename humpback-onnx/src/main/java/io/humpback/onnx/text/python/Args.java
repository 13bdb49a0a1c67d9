package io.humpback.onnx.text.python;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a function is called with. */
public record Args(List<Object> positional, Map<String, Object> named) {

    public static final Args NONE = new Args(List.of(), Map.of());

    public static Args of(Object... positional) {
        return new Args(List.of(positional), Map.of());
    }

    /**
     * {@return the arguments in the order of the parameters, null for those that are not given}
     *
     * @param required how many have to be given
     * @param parameters names of all
     */
    public Object[] bind(String function, int required, String... parameters) {
        if (positional.size() > parameters.length) {
            throw new TemplateError(
                    function + " takes at most " + parameters.length + " arguments, found " + positional.size());
        }
        Object[] bound = positional.toArray(new Object[parameters.length]);
        Map<String, Object> left = named.isEmpty() ? named : new LinkedHashMap<>(named);
        for (int i = 0; i < parameters.length; i++) {
            if (left.containsKey(parameters[i])) {
                if (bound[i] != null) {
                    throw new TemplateError(function + " got two values for " + parameters[i]);
                }
                bound[i] = left.remove(parameters[i]);
            }
            if (bound[i] == null && i < required) {
                throw new TemplateError(function + " lacks the argument " + parameters[i]);
            }
        }
        if (!left.isEmpty()) {
            throw new TemplateError(
                    function + " takes no argument " + left.keySet().iterator().next());
        }
        return bound;
    }

    /** {@return the arguments of a function that takes no names} */
    public List<Object> plain(String function, int least, int most) {
        if (!named.isEmpty() || positional.size() < least || positional.size() > most) {
            throw new TemplateError(function + " takes "
                    + (least == most ? least : least + " to " + most) + " arguments without names, found "
                    + (positional.size() + named.size()));
        }
        return positional;
    }

    /** {@return the arguments behind the first ones} */
    public Args from(int first) {
        return new Args(positional.subList(Math.min(first, positional.size()), positional.size()), named);
    }
}
