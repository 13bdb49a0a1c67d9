package io.humpback.run.store;

import io.humpback.model.TrainingListener;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The models that a run has trained, and the losses of their training. */
public final class Models {

    private static final String SELECT = "SELECT name, folder, fingerprint FROM model ";

    private final Database database;

    Models(Database database) {
        this.database = database;
    }

    /** A trained adapter: its name, such as M_0, its folder below the run's directory, its fingerprint. */
    public record Model(String name, String folder, String fingerprint) {}

    private static Model model(ResultSet row) throws SQLException {
        return new Model(row.getString(1), row.getString(2), row.getString(3));
    }

    /** Adds a trained model. */
    public void insert(Model model) {
        database.update("INSERT INTO model VALUES (?, ?, ?)", model.name(), model.folder(), model.fingerprint());
    }

    /** {@return a trained model, or null} */
    public @Nullable Model find(String name) {
        return database.first(SELECT + "WHERE name = ?", Models::model, name);
    }

    /** {@return the trained models in the order of the method: M_yx, M_0, M_1, ...} */
    public List<Model> all() {
        return database.list(SELECT + "ORDER BY name <> 'M_yx', length(name), name", Models::model);
    }

    /** Deletes a model and its losses. */
    public void delete(String name) {
        database.update("DELETE FROM loss WHERE model = ?", name);
        database.update("DELETE FROM held_out WHERE model = ?", name);
        database.update("DELETE FROM model WHERE name = ?", name);
    }

    /** Adds the loss of an optimizer step; a step that is done again after a stop replaces the first. */
    public void insertLoss(String model, TrainingListener.Step step) {
        database.update(
                "INSERT OR REPLACE INTO loss VALUES (?, ?, ?, ?, ?, ?)",
                model,
                step.step(),
                step.loss(),
                step.learningRate(),
                step.gradientNorm(),
                step.tokens());
    }

    /** Adds the loss on held-out examples, measured after a step. */
    public void insertHeldOutLoss(String model, int step, double loss) {
        database.update("INSERT OR REPLACE INTO held_out VALUES (?, ?, ?)", model, step, loss);
    }

    /** {@return the training loss of each step} */
    public Map<Integer, Double> losses(String model) {
        return losses("SELECT step, loss FROM loss WHERE model = ? ORDER BY step", model);
    }

    /** {@return the loss on held-out examples by step} */
    public Map<Integer, Double> heldOutLosses(String model) {
        return losses("SELECT step, loss FROM held_out WHERE model = ? ORDER BY step", model);
    }

    private Map<Integer, Double> losses(String sql, String model) {
        return database.map(sql, row -> Map.entry(row.getInt(1), row.getDouble(2)), model);
    }
}
