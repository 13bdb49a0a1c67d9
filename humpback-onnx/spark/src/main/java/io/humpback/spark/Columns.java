package io.humpback.spark;

import java.util.Arrays;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Columns by name, and faults in a line. */
final class Columns {

    private Columns() {}

    /** {@return the type of a column that has to be there} */
    static DataType require(StructType schema, String column) {
        if (!Arrays.asList(schema.fieldNames()).contains(column)) {
            throw new IllegalArgumentException(
                    column + ": no such column, expected one of " + Arrays.toString(schema.fieldNames()));
        }
        return schema.apply(column).dataType();
    }

    /** Checks that a column is there and holds text. */
    static void requireText(StructType schema, String column) {
        DataType type = require(schema, column);
        if (!type.equals(DataTypes.StringType)) {
            throw new IllegalArgumentException(
                    column + ": found a column of " + type.simpleString() + ", expected string");
        }
    }

    /** {@return a schema with one column more} */
    static StructType add(StructType schema, String column, DataType type) {
        if (Arrays.asList(schema.fieldNames()).contains(column)) {
            throw new IllegalArgumentException(column + ": there is such a column, expected a new name");
        }
        return schema.add(column, type);
    }

    /** {@return a row with one value more} */
    static Row add(Row row, Object value) {
        Object[] values = new Object[row.length() + 1];
        for (int i = 0; i < row.length(); i++) {
            values[i] = row.get(i);
        }
        values[row.length()] = value;
        return RowFactory.create(values);
    }
}
