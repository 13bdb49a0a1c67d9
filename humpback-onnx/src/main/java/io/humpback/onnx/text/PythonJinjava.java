package io.humpback.onnx.text;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.el.ExtendedSyntaxBuilder;
import com.hubspot.jinjava.el.TruthyTypeConverter;
import com.hubspot.jinjava.el.ext.ExtendedParser;
import jinjava.de.odysseus.el.ExpressionFactoryImpl;
import jinjava.de.odysseus.el.misc.BooleanOperations;
import jinjava.de.odysseus.el.misc.TypeConverter;
import jinjava.de.odysseus.el.tree.TreeStore;
import jinjava.de.odysseus.el.tree.impl.Builder;
import jinjava.de.odysseus.el.tree.impl.Cache;
import jinjava.de.odysseus.el.tree.impl.Parser;
import jinjava.de.odysseus.el.tree.impl.Scanner;
import jinjava.de.odysseus.el.tree.impl.ast.AstBinary;
import jinjava.de.odysseus.el.tree.impl.ast.AstNode;
import jinjava.de.odysseus.el.tree.impl.ast.AstUnary;
import jinjava.javax.el.ExpressionFactory;

/**
 * Jinjava with two habits of Python: a text equals neither a truth value nor a number, so that '' is not False; and
 * {@code not a == b} is {@code not (a == b)}.
 */
final class PythonJinjava extends Jinjava {

    private final ExpressionFactory expressions = new ExpressionFactoryImpl(
            new TreeStore(
                    new ExtendedSyntaxBuilder(Builder.Feature.METHOD_INVOCATIONS, Builder.Feature.VARARGS) {
                        private static final long serialVersionUID = 1;

                        @Override
                        protected Parser createParser(String expression) {
                            return new ExtendedParser(this, expression) {
                                @Override
                                protected AstNode eq(boolean required) throws Scanner.ScanException, ParseException {
                                    if (getToken().getSymbol() != Scanner.Symbol.NOT) {
                                        return super.eq(required);
                                    }
                                    consumeToken();
                                    return createAstUnary(eq(true), AstUnary.NOT);
                                }

                                @Override
                                protected AstBinary createAstBinary(
                                        AstNode left, AstNode right, AstBinary.Operator operator) {
                                    return super.createAstBinary(left, right, python(operator));
                                }
                            };
                        }
                    },
                    new Cache(1000)),
            new TruthyTypeConverter());

    @Override
    public ExpressionFactory getExpressionFactory() {
        return expressions;
    }

    private static AstBinary.Operator python(AstBinary.Operator operator) {
        if (operator != AstBinary.EQ && operator != AstBinary.NE) {
            return operator;
        }
        return new AstBinary.SimpleOperator() {
            @Override
            protected Object apply(TypeConverter converter, Object left, Object right) {
                boolean equal = left instanceof String == right instanceof String
                        && left instanceof Boolean == right instanceof Boolean
                        && BooleanOperations.eq(converter, left, right);
                return equal == (operator == AstBinary.EQ);
            }
        };
    }
}
