package io.humpback.run.store;

import java.util.Map;

/** What a run was begun with. */
public final class Settings {

    private final Database database;

    Settings(Database database) {
        this.database = database;
    }

    /** A setting as text, with the first stage that uses it. */
    public record Setting(String value, String usedFrom) {}

    /** {@return all settings by name} */
    public Map<String, Setting> all() {
        return database.map(
                "SELECT name, value, used_from FROM setting ORDER BY name",
                row -> Map.entry(row.getString(1), new Setting(row.getString(2), row.getString(3))));
    }

    /** {@return a setting as text, empty if there is none of this name} */
    public String value(String name) {
        String value = database.first("SELECT value FROM setting WHERE name = ?", row -> row.getString(1), name);
        return value == null ? "" : value;
    }

    /** Replaces all settings. */
    public void replace(Map<String, Setting> settings) {
        database.update("DELETE FROM setting");
        settings.forEach((name, setting) ->
                database.update("INSERT INTO setting VALUES (?, ?, ?)", name, setting.value(), setting.usedFrom()));
    }
}
